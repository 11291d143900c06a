// Notes when a page shows what: the first time of each mark, and the length of the streamed text.
window.marks = {};
window.lengths = [];
new MutationObserver((records) => {
  const now = performance.timeOrigin + performance.now();
  for (const { type, target, addedNodes } of records) {
    for (const node of type === "characterData" ? [target] : addedNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      if (node.parentElement?.id === "text") window.lengths.push([node.data.length, now]);
      else if (/^u\d{6}$/.test(node.data)) window.marks[node.data] ??= now;
    }
  }
}).observe(document, { subtree: true, childList: true, characterData: true });
