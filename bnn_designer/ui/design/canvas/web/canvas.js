import { Net } from "./net.js";
import { memoryOf } from "./outbox.js";

// What Streamlit calls when the canvas is mounted, and again with every answer of Python's.

export default function canvas({ data, parentElement, setStateValue }) {
  let net = parentElement.bnnNet;
  if (net && net.draft !== data.draft) {
    net.destroy();
    net = null;
  }
  if (!net) {
    net = new Net(parentElement, memoryOf(data.draft), {
      outbox: (value) => setStateValue("outbox", value),
      selected: (value) => setStateValue("selected", value),
    });
    net.draft = data.draft;
    parentElement.bnnNet = net;
  }
  // a later call may bring other functions with it
  net.memory.outbox.send = (value) => setStateValue("outbox", value);
  net.receive(data);
  return () => {
    if (parentElement.isConnected === false || parentElement.host?.isConnected === false) {
      net.destroy();
      parentElement.bnnNet = null;
    }
  };
}
