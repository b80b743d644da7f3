// The charting library appends a style element for maps, which we draw none of and which the page's policy forbids:
// it is let go unheard while the library loads. analytics.js takes this away again.
document.head.appendChild = (node) => (node.localName === "style" ? node : Node.prototype.appendChild.call(document.head, node));
