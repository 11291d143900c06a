// What both views of a stream have: the end that is followed, and what is said of it.
import { Button } from "@radix-ui/themes";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** What stands where nothing is yet. */
export const Empty = ({ children }) => <p className="realtime-empty">{children}</p>;

/** The region that is scrolled, the way back to its end, and what there is to say of the stream. */
export function Stage({ region, label, isStreaming, isAtEnd, onJump, notes, children }) {
  const jump = ({ currentTarget }) => {
    onJump();
    // The button goes; whoever came to it by keyboard goes on in the region.
    currentTarget.previousElementSibling.focus({ preventScroll: true });
  };
  return (
    <>
      <div className="realtime-stage">
        <div
          ref={region}
          className="realtime-region"
          role="log"
          aria-label={label}
          aria-live="off"
          aria-busy={isStreaming}
          tabIndex={0}
        >
          {children}
        </div>
        {!isAtEnd && (
          <Button className="realtime-jump" size="1" color="gray" highContrast onClick={jump}>
            <ArrowDown size={14} aria-hidden="true" />
            Jump to the end
          </Button>
        )}
      </div>
      <Notes label={label} isStreaming={isStreaming}>
        {notes}
      </Notes>
    </>
  );
}

/** Says once that a stream is complete, to those who do not see it, beside what else there is to say. */
function Notes({ label, isStreaming, children }) {
  const wasStreaming = useRef(false);
  const [isComplete, setComplete] = useState(false);
  useEffect(() => {
    setComplete(wasStreaming.current && !isStreaming);
    wasStreaming.current = isStreaming;
  }, [isStreaming]);
  return (
    <div role="status">
      <span className="realtime-hidden">{isComplete && `${label}: complete`}</span>
      {children}
    </div>
  );
}
