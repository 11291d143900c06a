import "./progress.css";

const STEP = 5;

const number = (value) => value.toLocaleString("en");

/** How many runs have each status, as a bar of which each has its share, and a legend. */
export function BatchProgress({ counts, total, groups, label, children, className = "", ...rest }) {
  const shares = groups.map((group) => ({ ...group, count: countOf(group, counts) }));
  const finished = shares.reduce((sum, { ends, count }) => (ends ? sum + count : sum), 0);
  const present = shares.reduce((sum, { count }) => sum + count, 0);
  const all = Math.max(total ?? 0, present);
  const percent = all ? Math.floor((100 * finished) / all) : 0;
  const inOrder = [...shares.filter(({ ends }) => ends), ...shares.filter(({ ends }) => !ends)];
  // What is read aloud changes in steps, so that it does not change with every run.
  const told = percent - (percent % STEP);
  return (
    <div {...rest} className={`batch-progress ${className}`}>
      <div className="batch-progress-head">
        <span>
          {number(finished)} of {number(all)} finished
        </span>
        {children}
      </div>
      <div
        className="batch-progress-bar"
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={told}
        aria-valuetext={`${told} percent of the runs have finished`}
      >
        {inOrder.map(({ word, color, ends, count }) => (
          <Swatch
            key={word}
            {...{ color, ends }}
            style={{ width: `${all ? (100 * count) / all : 0}%` }}
          />
        ))}
      </div>
      <ul className="batch-progress-legend">
        {shares.map(({ word, color, ends, count }) => (
          <li key={word}>
            <Swatch className="batch-progress-swatch" {...{ color, ends }} />
            {word} <strong>{number(count)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A colour; what was cancelled is hatched beside what is queued, which is grey too. */
const Swatch = ({ color, ends, style, ...props }) => (
  <span
    {...props}
    data-hatched={ends && color === "gray"}
    style={{ ...style, "--color": `var(--${color}-9)` }}
  />
);

const countOf = ({ statuses }, counts) =>
  statuses.reduce((sum, status) => sum + (counts?.[status] ?? 0), 0);
