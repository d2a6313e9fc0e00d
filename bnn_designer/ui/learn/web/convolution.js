import { arrowKeys } from "./buttons.js";
import { element, setAttribute, setText } from "./dom.js";
import { Pairs } from "./pairs.js";
import { KERNEL_SIZE, compareAndCount, convolve, multiplyAndAdd, numberText, signText, windowOf } from "./signs.js";
import { Whole } from "./whole.js";

// A convolution of 3 x 3 over an image of signs: the kernel can be changed, and each place of the output shows its nine pairs.
// Of an image that is larger, a part is shown sign by sign.

const PART = 8;

export default function convolution({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  let image = data.images[0];
  let kernel = [...data.kernels[0].signs];
  let place = [0, 0];

  const grid = (size, make) => Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => make(row, column)));
  const tiles = grid(PART, () => element("span", { class: "tile" }));
  const picture = element("div", { class: "image", role: "img" }, ...tiles.flat());
  const whole = new Whole(PART, draw);
  const weights = kernel.map((_, index) =>
    element("button", {
      type: "button",
      class: "sign",
      click: () => {
        kernel[index] *= -1;
        draw();
      },
    }),
  );
  const sums = grid(PART - KERNEL_SIZE + 1, (row, column) =>
    element("button", {
      type: "button",
      class: "sum",
      click: () => {
        place = [row, column];
        draw();
      },
    }),
  );
  const seen = element(
    "select",
    { change: () => begin(Number(seen.value)) },
    ...data.images.map(({ title }, index) => element("option", { value: index }, title)),
  );
  const says = element("p", { class: "muted small" });
  const choice = element(
    "select",
    { "aria-label": "Kernel to begin with", change: choose },
    ...data.kernels.map(({ name }, index) => element("option", { value: index }, name)),
    element("option", { value: "own", hidden: true }, "your own"),
  );
  const equal = element("p", { class: "result", "aria-live": "polite" });
  const of = element("p", { class: "title" });
  const pairs = new Pairs(KERNEL_SIZE * KERNEL_SIZE);

  function choose() {
    kernel = [...data.kernels[Number(choice.value)].signs];
    draw();
  }

  function begin(index) {
    image = data.images[index];
    setText(says, image.says);
    whole.begin(image);
    draw();
  }

  function draw() {
    const known = data.kernels.findIndex(({ signs }) => signs.every((sign, index) => sign === kernel[index]));
    choice.value = known < 0 ? "own" : String(known);
    const [row, column] = place;
    const part = image.signs.slice(whole.row, whole.row + PART).map((line) => line.slice(whole.column, whole.column + PART));
    tiles.forEach((line, y) =>
      line.forEach((tile, x) => {
        setText(tile, part[y][x] < 0 ? "−" : "+");
        tile.classList.toggle("minus", part[y][x] < 0);
        tile.classList.toggle("seen", y >= row && y < row + KERNEL_SIZE && x >= column && x < column + KERNEL_SIZE);
      }),
    );
    setAttribute(picture, "aria-label", `${PART} × ${PART} signs of ${image.title}: ${part.map((line) => line.map((sign) => (sign < 0 ? "−" : "+")).join("")).join(", ")}`);
    weights.forEach((button, index) => {
      setText(button, signText(kernel[index]));
      button.classList.toggle("minus", kernel[index] < 0);
      button.setAttribute("aria-label", `Kernel, row ${Math.floor(index / KERNEL_SIZE) + 1}, column ${(index % KERNEL_SIZE) + 1}: ${signText(kernel[index])}`);
    });
    const numbers = convolve(image.signs, kernel, multiplyAndAdd);
    const counted = convolve(image.signs, kernel, compareAndCount).flat();
    const same = numbers.flat().filter((sum, index) => sum === counted[index]).length;
    sums.forEach((line, y) =>
      line.forEach((button, x) => {
        const sum = numbers[whole.row + y][whole.column + x];
        setText(button, numberText(sum));
        button.style.setProperty("--share", `${Math.max(0, (40 * sum) / kernel.length)}%`);
        button.setAttribute("aria-pressed", String(y === row && x === column));
        button.setAttribute("aria-label", `Output, row ${whole.row + y + 1}, column ${whole.column + x + 1}: ${numberText(sum)}`);
      }),
    );
    setText(equal, `${same} of ${counted.length} sums are the same in numbers and in bits.`);
    setText(of, `The nine pairs of row ${whole.row + row + 1}, column ${whole.column + column + 1}`);
    pairs.show(windowOf(part, row, column), kernel);
    whole.draw(numbers, kernel.length);
  }

  arrowKeys(sums);
  arrowKeys([0, 1, 2].map((row) => weights.slice(row * KERNEL_SIZE, (row + 1) * KERNEL_SIZE)));
  begin(0);
  const titled = (title, node, ...more) => element("div", { class: "part" }, element("p", { class: "title" }, title), node, ...more);
  parentElement.append(
    element(
      "div",
      { class: "root panel convolution" },
      data.images.length > 1 && element("div", { class: "row" }, element("label", { class: "check" }, "Image", seen)),
      says,
      whole.node,
      element(
        "div",
        { class: "parts" },
        titled("Signs", picture),
        titled("Kernel", element("div", { class: "kernel", role: "group", "aria-label": "Kernel" }, ...weights), choice),
        titled("Output", element("div", { class: "output", role: "group", "aria-label": "Output" }, ...sums.flat())),
      ),
      equal,
      of,
      pairs.node,
    ),
  );
}
