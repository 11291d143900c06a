import { createContext, memo, useContext, useMemo } from "react";
import ReactMarkdown from "react-markdown";
import remarkParse from "remark-parse";
import { unified } from "unified";
import { ColorModeContext } from "$/utils/context";
import { wholeBlocks } from "./blocks.js";
import { GrowingText, useBlocks } from "./plain.jsx";

const MarkdownOptions = createContext({});

const MarkdownBlock = memo(({ text }) => (
  <ReactMarkdown {...useContext(MarkdownOptions)}>{text}</ReactMarkdown>
));

/** A stream of markdown. Its options are those of ReactMarkdown. */
export function MarkdownStream({ parts, components, remarkPlugins, rehypePlugins, ...props }) {
  const { resolvedColorMode } = useContext(ColorModeContext);
  // The page makes new components whenever it renders, and with those all blocks would be new.
  const options = useMemo(
    () => ({ components, remarkPlugins, rehypePlugins }),
    [resolvedColorMode],
  );
  const split = useMemo(() => {
    const processor = unified().use(remarkParse).use(remarkPlugins);
    return wholeBlocks((text) => processor.parse(text));
  }, []);
  const blocks = useBlocks(parts, "markdown", split);
  return (
    <MarkdownOptions value={options}>
      <GrowingText blocks={blocks} Block={MarkdownBlock} kind="realtime-markdown" {...props} />
    </MarkdownOptions>
  );
}
