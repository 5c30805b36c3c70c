// The form that comes below a line goes away again when it is left or done.

const slotOf = element => element.closest(".expectation-form");

function close(slot) {
  slot.replaceChildren();
  document.getElementById(slot.id.replace("absent-", "mark-"))?.focus();
}

document.addEventListener("click", event => {
  const slot = event.target.closest("[data-cancels-form]") && slotOf(event.target);
  if (!slot)
    return;
  event.preventDefault();
  close(slot);
});

document.addEventListener("keydown", event => {
  if (event.key === "Escape" && slotOf(event.target))
    close(slotOf(event.target));
});

document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
  const slot = ctx.sourceElement.id === "absent-form" && ctx.response.status < 400 && slotOf(ctx.sourceElement);
  if (slot)
    slot.replaceChildren();
});
