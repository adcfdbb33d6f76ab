"use strict";

// Sorts a table by the column of a header cell; cells without a figure come last.
function sortBy(header, descending) {
  const table = header.closest("table"), body = table.tBodies[0], column = header.cellIndex;
  const numeric = header.classList.contains("number"), sign = descending ? -1 : 1;
  const compare = (a, b) => numeric ? a - b : a.localeCompare(b, undefined, {numeric: true});
  const rows = Array.from(body.rows, row => {
    const text = row.cells[column].textContent;
    return {row, value: !numeric ? text : text === "" ? NaN : Number(text)};
  });
  rows.sort((a, b) => Number.isNaN(a.value) - Number.isNaN(b.value) || sign * compare(a.value, b.value) || 0);
  body.append(...rows.map(entry => entry.row));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

// "#sort=sdri" sorts all tables that have such a column, "#sort=-sdri" from the highest down.
function sortByFragment() {
  const match = /^#sort=(-?)([a-z0-9_]+)$/.exec(location.hash);
  if (!match) return;
  for (const header of document.querySelectorAll("th[data-key]"))
    if (header.dataset.key === match[2]) sortBy(header, match[1] === "-");
}

document.addEventListener("click", event => {
  const header = event.target.closest("th[data-key]");
  if (!header || !event.target.closest("button")) return;
  const descending = header.getAttribute("aria-sort") === "ascending";
  sortBy(header, descending);
  history.replaceState(null, "", `#sort=${descending ? "-" : ""}${header.dataset.key}`);
});

// One sound at a time.
document.addEventListener("play", event => {
  for (const player of document.querySelectorAll("audio")) if (player !== event.target) player.pause();
}, true);

window.addEventListener("hashchange", sortByFragment);
sortByFragment();
