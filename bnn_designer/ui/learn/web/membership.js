import { keepMember } from "./progress.js";

// Keeps or forgets the cookie of a member, before anything else of the page reads what is remembered.

export default function membership({ data, setTriggerValue }) {
  keepMember(data.cookie);
  setTriggerValue("kept", data.cookie);
}
