"use strict";

// Theme: as the system has it, unless a reader chooses.
const theme = document.getElementById("theme");
theme.value = document.documentElement.dataset.theme || "auto";
theme.addEventListener("change", () => {
  document.documentElement.dataset.theme = theme.value;
  try { localStorage.setItem("framefault-theme", theme.value); } catch { /* private window */ }
});

// Sections: behind a button on small screens; the one that is read is marked.
const menu = document.getElementById("menu"), sections = document.getElementById("sections");
function openMenu(open) {
  menu.setAttribute("aria-expanded", open);
  sections.classList.toggle("open", open);
}
menu.addEventListener("click", () => openMenu(menu.getAttribute("aria-expanded") !== "true"));
sections.addEventListener("click", (event) => { if (event.target.closest("a")) openMenu(false); });
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu.getAttribute("aria-expanded") === "true") { openMenu(false); menu.focus(); }
});
const inView = new Set();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) inView[entry.isIntersecting ? "add" : "delete"](entry.target.id);
  const read = [...document.querySelectorAll("main > section")].find((section) => inView.has(section.id));
  for (const link of sections.querySelectorAll(":scope > ul > li > a")) {
    if (read && link.hash === `#${read.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}, { rootMargin: "-80px 0px -55% 0px" });
for (const section of document.querySelectorAll("main > section")) watcher.observe(section);

// Figures, enlarged. A dialog closes on Esc and gives the focus back by itself.
const large = document.getElementById("large"), picture = large.querySelector("img");
for (const button of document.querySelectorAll(".enlarge")) {
  button.addEventListener("click", () => {
    const image = button.querySelector("img");
    picture.src = image.src;
    picture.alt = image.alt;
    const caption = button.closest("figure").querySelector("figcaption");
    document.getElementById("large-words").textContent = caption.firstChild.textContent + " " + image.alt;
    large.showModal();
  });
}
large.addEventListener("click", (event) => { if (event.target === large) large.close(); });

// The one table that sorts and filters.
const bundle = document.getElementById("bundle");
if (bundle) sortable();

async function sortable() {
  const module = new Blob([JSON.parse(bundle.textContent)], { type: "text/javascript" });
  const address = URL.createObjectURL(module);
  const { default: DataTable } = await import(address);
  URL.revokeObjectURL(address);
  // Numbers that are not there come last either way.
  const known = (sign) => (a, b) => (a === null) - (b === null) || sign * (a - b);
  DataTable.type("known", {
    detect: () => false,
    order: { pre: (value) => value === "" ? null : Number(value), asc: known(1), desc: known(-1) },
  });
  const filters = document.getElementById("filters"), { elements } = filters;
  const table = new DataTable("#compared", {
    paging: false, autoWidth: false, order: [], columnDefs: [{ targets: ".n", type: "known" }],
    layout: { topStart: null, topEnd: null, bottomStart: null, bottomEnd: null },
    language: { zeroRecords: "No printed number is so." },
  });
  table.search.fixed("chosen", (text, data, index) => {
    const row = table.row(index).node().dataset;
    return ["table", "kind", "doubt"].every((name) => !elements[name].value || row[name] === elements[name].value);
  });
  const count = document.getElementById("count");
  const draw = () => {
    table.search(elements.words.value).draw();
    const { recordsDisplay, recordsTotal } = table.page.info();
    count.textContent = recordsDisplay === recordsTotal ? `${recordsTotal} numbers` : `${recordsDisplay} of ${recordsTotal} numbers`;
  };
  filters.addEventListener("input", draw);
  filters.addEventListener("reset", () => setTimeout(draw));
  filters.addEventListener("submit", (event) => event.preventDefault());
  draw();
  document.documentElement.dataset.ready = "true";
}
