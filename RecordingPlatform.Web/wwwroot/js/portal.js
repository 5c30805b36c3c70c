// What every page shares. Everything here has a way without script: these are the quicker ways.

const secure = location.protocol === "https:" ? "; Secure" : "";

function chooseTheme(button) {
  const root = document.documentElement;
  const choice = button.value;
  document.cookie = choice === "system"
    ? `portal-theme=; Path=/; Max-Age=0; SameSite=Lax${secure}`
    : `portal-theme=${choice}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  root.dataset.themeChoice = choice;
  if (choice !== "system")
    root.dataset.bsTheme = choice;
  root.dispatchEvent(new Event("themechoice"));
  for (const other of document.querySelectorAll("[data-theme-switch] button"))
    other.setAttribute("aria-pressed", String(other.value === choice));
}

async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copies);
  const label = button.ariaLabel;
  button.classList.add("copied");
  button.ariaLabel = "Copied";
  setTimeout(() => {
    button.classList.remove("copied");
    button.ariaLabel = label;
  }, 1500);
}

function enhance(root) {
  // The clipboard is there on secure origins only.
  if (navigator.clipboard)
    for (const button of root.querySelectorAll("[data-copies]"))
      button.hidden = false;
}

document.addEventListener("submit", event => {
  if (event.target.matches("[data-theme-switch]") && event.submitter) {
    event.preventDefault();
    chooseTheme(event.submitter);
  }
});

document.addEventListener("click", event => {
  const button = event.target.closest("[data-opens-dialog], [data-closes-dialog], [data-copies]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey)
    return;
  if (button.dataset.copies) {
    copy(button);
    return;
  }
  event.preventDefault();
  if (button.dataset.opensDialog)
    document.getElementById(button.dataset.opensDialog).showModal();
  else
    button.closest("dialog").close();
});

document.addEventListener("htmx:config:request", event => {
  const { ctx } = event.detail;
  // Addresses name only the filters that are set.
  if (ctx.sourceElement.matches("[data-drops-empty]"))
    for (const [name, value] of [...ctx.request.body])
      if (value === "")
        ctx.request.body.delete(name);
});

document.addEventListener("htmx:after:swap", () => enhance(document));

// A dialog that the server drew open becomes a modal one: the rest of the page rests.
for (const dialog of document.querySelectorAll("dialog[open]")) {
  dialog.close();
  dialog.showModal();
}
enhance(document);
