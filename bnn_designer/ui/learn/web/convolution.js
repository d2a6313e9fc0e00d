import { arrowKeys } from "./buttons.js";
import { element, setText } from "./dom.js";
import { Pairs } from "./pairs.js";
import { KERNEL_SIZE, compareAndCount, convolve, multiplyAndAdd, numberText, signText, windowOf } from "./signs.js";

// A convolution of 3 x 3 over an image of signs: the kernel can be changed, and each place of the output shows its nine pairs.

export default function convolution({ data, parentElement }) {
  if (parentElement.querySelector(".root")) return;
  const { image } = data;
  let kernel = [...data.kernels[0].signs];
  let place = [0, 0];

  const tiles = image.map((line) => line.map((sign) => element("span", { class: `tile ${sign < 0 ? "minus" : ""}` }, sign < 0 ? "−" : "+")));
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
  const sums = convolve(image, kernel, multiplyAndAdd).map((line, row) =>
    line.map((_, column) =>
      element("button", {
        type: "button",
        class: "sum",
        click: () => {
          place = [row, column];
          draw();
        },
      }),
    ),
  );
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

  function draw() {
    const known = data.kernels.findIndex(({ signs }) => signs.every((sign, index) => sign === kernel[index]));
    choice.value = known < 0 ? "own" : String(known);
    const [row, column] = place;
    tiles.forEach((line, y) =>
      line.forEach((tile, x) => tile.classList.toggle("seen", y >= row && y < row + KERNEL_SIZE && x >= column && x < column + KERNEL_SIZE)),
    );
    weights.forEach((button, index) => {
      setText(button, signText(kernel[index]));
      button.classList.toggle("minus", kernel[index] < 0);
      button.setAttribute("aria-label", `Kernel, row ${Math.floor(index / KERNEL_SIZE) + 1}, column ${(index % KERNEL_SIZE) + 1}: ${signText(kernel[index])}`);
    });
    const numbers = convolve(image, kernel, multiplyAndAdd);
    const counted = convolve(image, kernel, compareAndCount);
    let same = 0;
    sums.forEach((line, y) =>
      line.forEach((button, x) => {
        const sum = numbers[y][x];
        same += Number(sum === counted[y][x]);
        setText(button, numberText(sum));
        button.style.setProperty("--share", `${Math.max(0, (40 * sum) / kernel.length)}%`);
        button.setAttribute("aria-pressed", String(y === row && x === column));
        button.setAttribute("aria-label", `Output, row ${y + 1}, column ${x + 1}: ${numberText(sum)}`);
      }),
    );
    setText(equal, `${same} of ${numbers.flat().length} sums are the same in numbers and in bits.`);
    setText(of, `The nine pairs of row ${row + 1}, column ${column + 1}`);
    pairs.show(windowOf(image, row, column), kernel);
  }

  arrowKeys(sums);
  arrowKeys([0, 1, 2].map((row) => weights.slice(row * KERNEL_SIZE, (row + 1) * KERNEL_SIZE)));
  draw();
  const titled = (title, node, ...more) => element("div", { class: "part" }, element("p", { class: "title" }, title), node, ...more);
  const described = `An image of ${image.length} × ${image[0].length} signs, a bright ring: ${image.map((line) => line.map((sign) => (sign < 0 ? "−" : "+")).join("")).join(", ")}`;
  parentElement.append(
    element(
      "div",
      { class: "root panel convolution" },
      element(
        "div",
        { class: "parts" },
        titled("Image", element("div", { class: "image", role: "img", "aria-label": described }, ...tiles.flat())),
        titled("Kernel", element("div", { class: "kernel", role: "group", "aria-label": "Kernel" }, ...weights), choice),
        titled("Output", element("div", { class: "output", role: "group", "aria-label": "Output" }, ...sums.flat())),
      ),
      equal,
      of,
      pairs.node,
    ),
  );
}
