import { Net } from "./net.js";
import { memoryOf } from "./outbox.js";

// What Streamlit calls when the canvas is mounted, and again with every answer of Python's.

export default function canvas({ data, parentElement, setStateValue }) {
  let net = parentElement.bnnNet;
  if (net && net.draft !== data.draft) {
    net.destroy();
    net = null;
  }
  const send = { outbox: (value) => setStateValue("outbox", value), selected: (value) => setStateValue("selected", value) };
  if (!net) {
    net = new Net(parentElement, memoryOf(data.draft), send);
    net.draft = data.draft;
    parentElement.bnnNet = net;
  }
  // a later call may bring other functions with it
  net.send = send;
  net.memory.outbox.send = send.outbox;
  net.receive(data);
  return () => {
    if (parentElement.isConnected === false || parentElement.host?.isConnected === false) {
      net.destroy();
      parentElement.bnnNet = null;
    }
  };
}
