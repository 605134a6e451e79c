// Looks at the page in the frame beside it and writes what it saw; the page itself runs no script.
const frame = document.getElementById("page");

function luminance([r, g, b]) {
  const part = (value) => { const x = value / 255; return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; };
  return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
}
function contrast(one, two) {
  const [low, high] = [luminance(one), luminance(two)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
function colour(text) {
  const parts = (text.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
}
function ground(element, view) {
  for (let at = element; at; at = at.parentElement) {
    const found = colour(view.getComputedStyle(at).backgroundColor);
    if (found.alpha === 1) return found.rgb;
  }
  return [255, 255, 255];
}
function isShown(element) {
  return element.checkVisibility ? element.checkVisibility() : true;
}

function look() {
  const doc = frame.contentDocument, view = frame.contentWindow, width = frame.clientWidth;
  const all = [...doc.body.querySelectorAll("*")];
  doc.querySelectorAll("details").forEach((item) => { item.open = true; });  // as a reader would
  const seen = { pale: [], pale_marks: [], outside: [], handlers: [], unlabelled: [], smallest: 99, texts: 0 };
  for (const element of all) {
    if ([...element.attributes].some((item) => item.name.startsWith("on"))) seen.handlers.push(element.tagName);
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    const style = view.getComputedStyle(element), inDrawing = element.closest("svg");
    const box = element.getBoundingClientRect();
    if (!element.closest(".wide, thead") && isShown(element) && box.width && box.right > width + 1)
      seen.outside.push(element.tagName + " " + element.textContent.trim().slice(0, 40));
    if (!own || !isShown(element) || ["TITLE", "title", "SCRIPT", "STYLE"].includes(element.tagName)) continue;
    seen.texts += 1;
    const ink = colour(inDrawing ? style.fill : style.color), back = ground(element, view);
    seen.smallest = Math.min(seen.smallest, parseFloat(style.fontSize));
    if (contrast(ink.rgb, back) < 4.5) seen.pale.push({ text: element.textContent.trim(), ratio: contrast(ink.rgb, back) });
  }
  const marks = [...doc.querySelectorAll("svg circle, svg path")];
  for (const mark of marks) {
    const style = view.getComputedStyle(mark), back = ground(mark, view);
    const best = Math.max(...[style.fill, style.stroke].filter((text) => text !== "none")
      .map((text) => contrast(colour(text).rgb, back)));
    if (best < 3) seen.pale_marks.push(best);
  }
  for (const drawing of doc.querySelectorAll("svg"))
    if (!drawing.getAttribute("aria-label")) seen.unlabelled.push("svg");
  const cells = [...doc.querySelectorAll("td")];
  const label = (cell) => view.getComputedStyle(cell, "::before").content;
  return {
    ...seen,
    lang: doc.documentElement.lang,
    scripts: doc.scripts.length,
    images: doc.images.length,
    marks: marks.length,
    headings: [...doc.querySelectorAll("h1,h2,h3,h4")].map((item) => Number(item.tagName[1])),
    links: [...doc.querySelectorAll("a")].map((item) => item.getAttribute("href")),
    broken_anchors: [...doc.querySelectorAll('a[href^="#"]')].map((item) => item.getAttribute("href"))
      .filter((name) => !doc.getElementById(name.slice(1))),
    resources: view.performance.getEntriesByType("resource").map((item) => item.name),
    page_width: Math.max(doc.documentElement.scrollWidth, doc.body.scrollWidth),
    cells: cells.length,
    cells_without_label: cells.filter((cell) => !/[A-Za-z]/.test(label(cell).replace("none", "").replace("normal", ""))).length,
    text: doc.body.innerText,
  };
}

window.addEventListener("load", () => {
  const out = document.createElement("pre");
  out.id = "seen";
  try { out.textContent = JSON.stringify(look()); } catch (error) { out.textContent = JSON.stringify({ error: String(error) }); }
  document.body.append(out);
});
