// Ticked rows of the list: counted in a bar, kept while the list refreshes itself. Without script the boxes and buttons work by themselves.

const bar = document.querySelector("[data-selection]");
const count = bar.querySelector("[data-selection-count]");
const boxes = () => [...document.querySelectorAll(`input[name=ids][form=${bar.id}]`)];
const chosen = new Set();
let last = null;

function draw() {
  const all = boxes();
  // What left the list is not acted on unseen.
  for (const id of [...chosen])
    if (!all.some(box => box.value === id))
      chosen.delete(id);
  for (const box of all) {
    box.checked = chosen.has(box.value);
    box.closest("tr").toggleAttribute("data-chosen", box.checked);
  }
  bar.toggleAttribute("data-some", chosen.size > 0);
  const said = chosen.size === 0 ? "" : `${chosen.size} selected`;
  if (count.textContent !== said)
    count.textContent = said;
  const page = document.querySelector("[data-selects-all]");
  if (page) {
    page.checked = all.length > 0 && chosen.size === all.length;
    page.indeterminate = chosen.size > 0 && chosen.size < all.length;
  }
}

function choose(box, on) {
  if (on)
    chosen.add(box.value);
  else
    chosen.delete(box.value);
}

function chooseAll(on) {
  for (const box of boxes())
    choose(box, on);
  draw();
}

document.addEventListener("click", ({ target, shiftKey }) => {
  if (target.closest("[data-selects-page]"))
    chooseAll(true);
  else if (target.closest("[data-clears-selection]")) {
    const first = boxes().find(box => box.checked);
    chooseAll(false);
    // The button hides with the bar.
    first?.focus();
  } else if (target.matches?.(`input[name=ids][form=${bar.id}]`)) {
    const all = boxes();
    const [from, to] = [all.findIndex(box => box.value === last), all.indexOf(target)].sort((a, b) => a - b);
    for (const box of shiftKey && from >= 0 ? all.slice(from, to + 1) : [target])
      choose(box, target.checked);
    last = target.value;
    draw();
  }
});

document.addEventListener("change", ({ target }) => target.matches("[data-selects-all]") && chooseAll(target.checked));
document.addEventListener("htmx:after:swap", draw);

// Browsers restore boxes when somebody comes back.
addEventListener("pageshow", () => {
  for (const box of boxes())
    if (box.checked)
      chosen.add(box.value);
  draw();
});

for (const button of bar.querySelectorAll("[hidden]"))
  button.hidden = false;
