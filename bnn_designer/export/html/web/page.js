// The page around the network: takes a picture from a file, the clipboard or the camera, and shows the scores.
// Every name is put in as text, never as markup.

const { PackedNetwork, bytesOf, fitted, numbersOf } = globalThis.bnnDesigner;
const byId = (id) => document.getElementById(id);
const about = JSON.parse(byId("about").textContent);
const network = new PackedNetwork(JSON.parse(byId("network").textContent), bytesOf(byId("numbers").textContent.trim()));
globalThis.bnnDesigner.network = network;

const MOST_PIXELS = 50_000_000;
const MOST_SIDE = 4096;
const SHOWN = 10;
const CAMERA_PAUSE_MS = 100;
const shape = network.header.inputShape;
let stream = null;

function element(tag, text, ...classes) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.classList.add(...classes);
  return made;
}

function classOf(index) {
  return about.classes[index] ?? `class ${index}`;
}

function scoreText(score) {
  return about.probabilities ? `${(100 * score).toFixed(1)} %` : score.toPrecision(4);
}

function failed(text) {
  byId("error").textContent = text;
  byId("error").hidden = text === "";
}

/** What the network is given, pixel by pixel. */
function showInput(bytes) {
  const [height, width, channels] = shape;
  const pixels = new ImageData(width, height);
  for (let i = 0; i < width * height; ++i) {
    for (let c = 0; c < 3; ++c) pixels.data[4 * i + c] = bytes[i * channels + (channels === 1 ? 0 : c)];
    pixels.data[4 * i + 3] = 255;
  }
  const canvas = byId("seen");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  byId("seen-box").hidden = false;
}

function showScores(scores, ms) {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, SHOWN);
  const most = about.probabilities ? 1 : Math.max(...scores.map(Math.abs), Number.MIN_VALUE);
  byId("answer").textContent = classOf(order[0]);
  byId("answer-score").textContent = scoreText(scores[order[0]]);
  byId("scores").replaceChildren(
    ...order.map((index) => {
      const row = document.createElement("tr");
      const bar = element("span", "", "bar", ...(scores[index] < 0 ? ["below"] : []));
      bar.style.width = `${(100 * Math.abs(scores[index])) / most}%`;
      const cell = element("td", "", "track");
      cell.setAttribute("aria-hidden", "true");
      cell.append(bar);
      const name = element("th", classOf(index));
      name.scope = "row";
      row.append(name, cell, element("td", scoreText(scores[index]), "number"));
      return row;
    }),
  );
  byId("more").textContent = scores.length > SHOWN ? `The ${SHOWN} highest of ${scores.length} scores.` : "";
  byId("time").textContent = `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms in this browser, on one processor core.`;
  byId("result").hidden = false;
  [...byId("layers").rows].forEach((row, index) => {
    row.cells[4].textContent = network.groupTimes[index].toFixed(1);
  });
}

/** @param picture what a canvas can draw, with its size. */
function classify(picture, width, height) {
  const canvas = document.createElement("canvas");
  const shrink = Math.min(1, MOST_SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * shrink));
  canvas.height = Math.max(1, Math.round(height * shrink));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const bytes = fitted(context.getImageData(0, 0, canvas.width, canvas.height), shape);
  if (byId("invert").checked) bytes.forEach((byte, index) => (bytes[index] = 255 - byte));
  const started = performance.now();
  const scores = network.run(numbersOf(bytes));
  const ms = performance.now() - started;
  showInput(bytes);
  showScores(scores, ms);
  failed("");
}

let last = null;

async function take(file) {
  stopCamera();
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch {
    failed(`${file.name || "That"} is no picture that this browser can read. Take a PNG or JPEG file.`);
    return;
  }
  if (bitmap.width * bitmap.height > MOST_PIXELS) {
    failed(`${file.name} has more than 50 million pixels. Save it smaller.`);
    return;
  }
  last = bitmap;
  classify(bitmap, bitmap.width, bitmap.height);
}

function takeFirst(files) {
  const file = [...(files ?? [])].find((one) => one.size > 0);
  if (file) take(file);
  else failed("There is no picture in that. Drop or paste a PNG or JPEG file.");
}

function stopCamera() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  byId("video").hidden = true;
  byId("camera").textContent = "Use the camera";
  byId("answer-box").setAttribute("aria-live", "polite");
}

async function startCamera() {
  try {
    if (!navigator.mediaDevices) throw new Error("this browser gives no camera to a page that was opened like this");
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch (error) {
    failed(`The camera cannot be used: ${error.message || error.name}. Choose a picture instead.`);
    return;
  }
  const video = byId("video");
  const mine = stream;
  video.srcObject = stream;
  video.hidden = false;
  byId("camera").textContent = "Stop the camera";
  byId("answer-box").setAttribute("aria-live", "off"); // it changes ten times a second
  await video.play().catch(() => undefined);
  const look = () => {
    if (stream !== mine) return;
    if (video.videoWidth > 0) classify(video, video.videoWidth, video.videoHeight);
    setTimeout(look, CAMERA_PAUSE_MS);
  };
  look();
}

function showAbout() {
  byId("layers").replaceChildren(
    ...about.layers.map((layer) => {
      const row = document.createElement("tr");
      const name = element("th", layer.name);
      name.scope = "row";
      const bytes = layer.weightBytes.toLocaleString("en");
      row.append(name, element("td", layer.does), element("td", layer.shape), element("td", bytes, "number"));
      row.append(element("td", "", "number"));
      return row;
    }),
  );
}

showAbout();
byId("invert-box").hidden = shape[2] !== 1;
byId("file").addEventListener("change", (event) => {
  takeFirst(event.target.files);
  event.target.value = ""; // the same file may be chosen again
});
byId("choose").addEventListener("click", () => byId("file").click());
byId("camera").addEventListener("click", () => (stream ? stopCamera() : startCamera()));
byId("invert").addEventListener("change", () => last && !stream && classify(last, last.width, last.height));
document.addEventListener("paste", (event) => takeFirst(event.clipboardData?.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("drop").classList.add("over");
});
document.addEventListener("dragleave", (event) => event.relatedTarget === null && byId("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").classList.remove("over");
  takeFirst(event.dataTransfer?.files);
});
