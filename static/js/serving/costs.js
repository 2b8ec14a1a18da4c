// Adds a slider beside the number of outputs a month: it moves by powers of ten, and the form asks again by itself.

const TOP = 7;
const STEPS = 100;

const form = document.querySelector("[data-volume]");
const field = form?.querySelector("[name=volume]");
if (field) {
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "0";
  slider.max = String(TOP * STEPS);
  slider.setAttribute("aria-label", "Outputs a month, slider");
  const place = () => {
    slider.value = String(Math.round(Math.log10(Math.max(1, Number(field.value) || 1)) * STEPS));
  };
  place();
  field.after(slider);
  slider.addEventListener("input", () => {
    field.value = String(Math.round(10 ** (Number(slider.value) / STEPS)));
    slider.setAttribute("aria-valuetext", field.value);
  });
  field.addEventListener("change", place);
}
