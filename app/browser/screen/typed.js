// What people typed outlives even a version in which React had to make a field anew, because what it is in changed:
// the new field of the same id or name gets the text, the focus and the caret.
const FIELDS = "input:not([type=file]):not([type=hidden]), textarea, select";

// Return the fields that somebody wrote in or is in, with what is in them.
export const remember = () =>
  [...document.querySelectorAll(FIELDS)]
    .filter((field) => (field.id || field.name) && (isTouched(field) || field === document.activeElement))
    .map((field) => ({
      field,
      ...place(field),
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
    const field = successor(was, remembered);
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
  if (field.tagName === "SELECT") return isChosen(field);
  if (isTicked(field)) return field.checked !== field.defaultChecked;
  return field.value !== initialValue(field);
};

const isTicked = ({ type }) => type === "checkbox" || type === "radio";

// Where the page chooses nothing, the browser chooses the first option of a list that drops down.
const isChosen = ({ options, multiple, size, selectedIndex }) => {
  const all = [...options];
  const asMade = all.findLastIndex((option) => option.defaultSelected);
  if (multiple || size > 1) return all.some((option) => option.selected !== option.defaultSelected);
  return selectedIndex !== (asMade >= 0 ? asMade : all.findIndex((option) => !option.disabled));
};

// Fields such as a slider have a value although the page gives them none.
const initialValue = (field) => {
  if (field.type !== "range" && field.type !== "color") return field.defaultValue;
  const untouched = document.createElement("input");
  for (const name of ["type", "min", "max", "step", "value"]) {
    if (field.hasAttribute(name)) untouched.setAttribute(name, field.getAttribute(name));
  }
  return untouched.value;
};

// Which one it is of the fields of its name, and how many there are.
const place = (field) => {
  const named = ofName(field);
  return { nth: named.indexOf(field), of: named.length };
};

const ofName = ({ name, tagName, type }) =>
  [...document.getElementsByName(name)].filter((field) => field.tagName === tagName && field.type === type);

const selectionOf = (field) =>
  typeof field.selectionStart === "number" ? [field.selectionStart, field.selectionEnd] : null;

const successor = ({ field: gone, value, nth, of }, remembered) => {
  if (gone.id) {
    const field = document.getElementById(gone.id);
    return field && field.tagName === gone.tagName && field.type === gone.type ? field : null;
  }
  const named = ofName(gone);
  if (isTicked(gone)) return named.find((field) => field.value === value) ?? null;
  if (named.length === of) return named[nth];
  const others = named.filter((field) => !remembered.some((was) => was.field === field));
  return others.length === 1 ? others[0] : null;
};

// As if a person had done it, so that whoever listens to the field hears of it.
const write = (field, { value, checked }) => {
  if (isTicked(field)) {
    if (field.checked !== checked) field.click();
    return;
  }
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, value);
  const event = field.tagName === "SELECT" ? "change" : "input";
  field.dispatchEvent(new Event(event, { bubbles: true }));
};
