import { element, setAttribute } from "./dom.js";

// Small pictures of numbers, a tile for each; and the student's own picture, as the first layer reads one.

/** `draw` fills it from rows of [red, green, blue] or of grays, 0 to 255; `says`: for those who do not see it. */
export function tiles(name) {
  const canvas = element("canvas", { class: "tiles", role: "img" });
  return {
    node: element("figure", { class: "map" }, canvas, element("figcaption", { class: "small muted" }, name)),
    draw(rows, says) {
      [canvas.width, canvas.height] = [rows[0].length, rows.length];
      const colors = rows.flat().flatMap((one) => (Array.isArray(one) ? [...one, 255] : [one, one, one, 255]));
      canvas.getContext("2d").putImageData(new ImageData(Uint8ClampedArray.from(colors), canvas.width), 0, 0);
      setAttribute(canvas, "aria-label", `${name}. ${says}`);
    },
  };
}

/** Rows of colors out of bytes, three a pixel. */
export function rowsOf(pixels, size) {
  const at = (place) => [...pixels.slice(3 * place, 3 * place + 3)];
  return Array.from({ length: size }, (_, row) => Array.from({ length: size }, (_, column) => at(row * size + column)));
}

/** The middle square of a picture in a file, as size x size pixels of three bytes; raises where it is no picture. */
export async function pixelsOf(file, size) {
  const picture = await createImageBitmap(file);
  const side = Math.min(picture.width, picture.height);
  const canvas = element("canvas", { width: size, height: size });
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.fillStyle = "#fff"; // behind what is transparent
  context.fillRect(0, 0, size, size);
  context.drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, size, size);
  picture.close();
  return context.getImageData(0, 0, size, size).data.filter((_, index) => index % 4 < 3);
}
