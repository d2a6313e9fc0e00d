// Tells Python why this browser gives the page no camera, or that it does, without anything to see; told anew where that changes: a camera is plugged in,
// a person allows or refuses it. Nothing is asked of the person here; Streamlit's own widget does that.

export default function camera({ data, setStateValue }) {
  let over = false;
  let permission = null;
  let told = data.state;
  // elsewhere Streamlit's widget puts an object of its own there, without anything that is asked here
  const devices = isSecureContext ? navigator.mediaDevices : null;

  async function tell() {
    const found = await stateOf(permission, devices);
    if (over || found === told) return;
    told = found;
    setStateValue("state", found);
  }

  devices?.addEventListener("devicechange", tell);
  permissionOfCamera().then((found) => {
    if (over) return;
    permission = found;
    permission?.addEventListener("change", tell);
    tell();
  });
  return () => {
    over = true;
    devices?.removeEventListener("devicechange", tell);
    permission?.removeEventListener("change", tell);
  };
}

/** The status that changes with what the person allows; null: this browser does not say. */
async function permissionOfCamera() {
  try {
    return await navigator.permissions.query({ name: "camera" });
  } catch {
    return null;
  }
}

/** One of the states that `camera_view.py` has words for; "ready" where nothing is known to be in the way. */
async function stateOf(permission, devices) {
  if (!devices) return "insecure";
  if (permission?.state === "denied") return "refused";
  try {
    return (await devices.enumerateDevices()).some(({ kind }) => kind === "videoinput") ? "ready" : "missing";
  } catch {
    return "ready";
  }
}
