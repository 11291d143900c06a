// What both views of a stream have: the end that is followed, and what is said of it.
import { Button } from "@radix-ui/themes";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef, useState } from "react";

/** What stands where nothing is yet. */
export const Empty = ({ children }) => <p className="realtime-empty">{children}</p>;

/** The region that is scrolled, the way back to its end, and what there is to say of the stream. */
export function Stage({ region, label, isStreaming, isAtEnd, onJump, notes, children }) {
  useEndOnResize(region);
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

/** How near to the end is at the end, in pixels. */
export const AT_END = 24;

/** Stay at the end of a region when it gets another size, as it does below a note. */
function useEndOnResize(region) {
  useEffect(() => {
    const element = region.current;
    const distance = () => element.scrollHeight - element.clientHeight - element.scrollTop;
    // What gets another size is not scrolled by it, so the last scroll tells where the reader was.
    let wasAtEnd = distance() < AT_END;
    const scrolled = () => (wasAtEnd = distance() < AT_END);
    const observer = new ResizeObserver(() => {
      if (wasAtEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    element.addEventListener("scroll", scrolled, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", scrolled);
    };
  }, [region]);
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
