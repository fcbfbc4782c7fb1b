// What people typed outlives even a version in which React had to make a field anew, because what it is in changed:
// the new field of the same id or name gets the text, the focus and the caret.
const FIELDS = "input:not([type=file]):not([type=hidden]), textarea, select";

// Return the fields that somebody wrote in or is in, with what is in them.
export const remember = () =>
  [...document.querySelectorAll(FIELDS)]
    .filter((field) => (field.id || field.name) && (isTouched(field) || field === document.activeElement))
    .map((field) => ({
      field,
      touched: isTouched(field),
      value: field.value,
      checked: field.checked,
      focused: field === document.activeElement,
      selection: selectionOf(field),
    }));

// Write into the successors of those fields that are gone.
export const restore = (remembered) => {
  for (const was of remembered) {
    if (was.field.isConnected) continue;
    const field = successor(was.field, remembered);
    if (!field) continue;
    if (was.touched && !isTouched(field)) write(field, was);
    if (was.focused) {
      field.focus({ preventScroll: true });
      if (was.selection) field.setSelectionRange(...was.selection);
    }
  }
};

// Return what `remember` returned so that it can be written down: without passwords, and without the page itself.
export const asText = (remembered) =>
  remembered
    .filter(({ field, touched }) => touched && field.type !== "password")
    .map(({ field, ...was }) => ({
      ...was,
      field: { id: field.id, name: field.name, tagName: field.tagName, type: field.type },
    }));

const isTouched = (field) => {
  if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
  return field.value !== field.defaultValue || Boolean(field.checked) !== Boolean(field.defaultChecked);
};

const selectionOf = (field) =>
  typeof field.selectionStart === "number" ? [field.selectionStart, field.selectionEnd] : null;

const successor = (gone, remembered) => {
  const same = (field) => field.tagName === gone.tagName && field.type === gone.type;
  if (gone.id) {
    const field = document.getElementById(gone.id);
    return field && same(field) ? field : null;
  }
  const others = [...document.getElementsByName(gone.name)].filter(
    (field) => same(field) && !remembered.some((was) => was.field === field),
  );
  return others.length === 1 ? others[0] : null;
};

// As if a person had done it, so that whoever listens to the field hears of it.
const write = (field, { value, checked }) => {
  if (field.type === "checkbox" || field.type === "radio") {
    if (field.checked !== checked) field.click();
    return;
  }
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
  const event = field.tagName === "SELECT" ? "change" : "input";
  field.dispatchEvent(new Event(event, { bubbles: true }));
};
