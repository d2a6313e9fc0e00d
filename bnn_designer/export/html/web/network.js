// A packed network that runs in a page: what bnn_designer/export/html/network.py wrote, as typed arrays and functions.

/** These write signs themselves, so no step is left for them. */
const WRITES_ITSELF = new Set(["binary_conv_signs", "binary_max_pool", "int8_conv_signs"]);

class PackedNetwork {
  /**
   * @param header what there is beside the numbers.
   * @param bytes the numbers, an ArrayBuffer: words of 32 bits, little end first.
   */
  constructor(header, bytes) {
    this.header = header;
    this.numbers = new Float32Array(bytes);
    this.wordNumbers = new Int32Array(bytes);
    this.byteNumbers = new Int8Array(bytes);
    // Arena, image and scores lie one behind the other, so that a tensor is a place and nothing else. A cell holds a number at one
    // time, 32 signs or four numbers of 8 bits at another.
    const memory = new ArrayBuffer(4 * header.cells);
    this.cells = new Float32Array(memory);
    this.words = new Int32Array(memory);
    this.bytes = new Int8Array(memory);
    this.row = new Float32Array(header.rowCells);
    this.sums = new Int32Array(this.row.buffer); // of numbers of 8 bits, until they are floats in the same place
    this.patch = new Int32Array(header.patchCells);
    this.bytePatch = new Int8Array(this.patch.buffer);
    this.groups = header.groups.map((group) => ({ ...group, covered: {} }));
    this.groupTimes = new Float64Array(this.groups.length); // ms, of the last image
  }

  /** The scores of an image, a Float32Array line by line, pixel by pixel, channel by channel. */
  run(image) {
    const { imageCell, imageCells, scoresCell, scores } = this.header;
    if (image.length !== imageCells) throw new RangeError(`an image has ${imageCells} numbers, not ${image.length}`);
    this.cells.set(image, imageCell);
    this.groups.forEach((group, index) => {
      const started = performance.now();
      this.runGroup(group);
      this.groupTimes[index] = performance.now() - started;
    });
    return this.cells.slice(scoresCell, scoresCell + scores);
  }

  runGroup(group) {
    const { at } = group;
    const make = SOURCES[group.source];
    const steps = WRITES_ITSELF.has(group.source) ? [] : group.steps;
    for (let y = 0, pixel = 0; y < at.outHeight; ++y) {
      for (let x = 0; x < at.outWidth; ++x, ++pixel) {
        make(this, group, pixel, y, x);
        for (const step of steps) STEPS[step.kind](this, step, at.outChannels, pixel);
      }
    }
  }

  /** The class with the largest score; the first of several. */
  static argmax(scores) {
    return scores.reduce((best, score, index) => (score > scores[best] ? index : best), 0);
  }
}

/** Bytes of base64 text, as an ArrayBuffer. */
function bytesOf(text) {
  const characters = atob(text);
  const found = new Uint8Array(characters.length);
  for (let i = 0; i < characters.length; ++i) found[i] = characters.charCodeAt(i);
  return found.buffer;
}

globalThis.bnnDesigner = { PackedNetwork, bytesOf };
