import { useState } from "react";

const PAGE = 100;
const LONG = 2000;

/** JSON that unfolds level by level: what is folded is not rendered. */
export function JsonTree({ value, ...props }) {
  return (
    <div {...props}>
      <Value value={value} isOpen />
    </div>
  );
}

function Value({ name, value, isOpen }) {
  const isBranch = typeof value === "object" && value !== null && Object.keys(value).length > 0;
  if (isBranch) return <Branch name={name} value={value} isOpenAtFirst={isOpen} />;
  return (
    <div className="leaf">
      <Name name={name} />
      {typeof value === "string" ? <Text text={value} /> : <Scalar value={value} />}
    </div>
  );
}

function Branch({ name, value, isOpenAtFirst = false }) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  const [limit, setLimit] = useState(PAGE);
  const keys = Object.keys(value);
  const isArray = Array.isArray(value);
  const size = `${keys.length} ${isArray ? "item" : "field"}${keys.length === 1 ? "" : "s"}`;
  return (
    <details open={isOpen} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <Name name={name} />
        <span className="size">{isArray ? `[ ${size} ]` : `{ ${size} }`}</span>
      </summary>
      {isOpen && (
        <ul>
          {keys.slice(0, limit).map((key) => (
            <li key={key}>
              <Value name={key} value={value[key]} />
            </li>
          ))}
          {keys.length > limit && (
            <li>
              <button type="button" onClick={() => setLimit(limit + PAGE)}>
                {`Show ${Math.min(PAGE, keys.length - limit)} more of ${keys.length}`}
              </button>
            </li>
          )}
        </ul>
      )}
    </details>
  );
}

function Name({ name }) {
  return name == null ? null : (
    <>
      <span className="name">{name}</span>
      {": "}
    </>
  );
}

function Text({ text }) {
  const [isWhole, setIsWhole] = useState(text.length <= LONG);
  return (
    <>
      <span className="text">{JSON.stringify(isWhole ? text : text.slice(0, LONG))}</span>
      {!isWhole && (
        <button type="button" onClick={() => setIsWhole(true)}>
          {`Show all ${text.length.toLocaleString("en")} characters`}
        </button>
      )}
    </>
  );
}

function Scalar({ value }) {
  return <span className={value === null ? "null" : typeof value}>{JSON.stringify(value)}</span>;
}
