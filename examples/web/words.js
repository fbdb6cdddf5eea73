/** Where the license stands, in words that a customer understands. */
export function standing(client) {
  const { code, license, usable } = client.check();
  let text = sentence(code, license, client);
  if (usable && client.failingSince) {
    text += ` The license server has not been reached since ${day(client.failingSince)}.`;
  }
  return text;
}

function sentence(code, license, client) {
  if (code === "VALID") {
    const renews = license.renewsAt ? `, renews on ${day(license.renewsAt)}` : "";
    return `${plan(license)}${renews}. Works offline until ${day(license.leaseEndsAt)}.`;
  }
  if (code === "GRACE") {
    const why = license.graceReason === "canceled" ? "canceled" : "a payment failed";
    return `${plan(license)}, ${why}. Everything works until ${day(license.graceEndsAt)}.`;
  }
  if (code === "SUSPENDED") {
    return `${plan(license)} is suspended, usually because a payment failed. It resumes when you have paid.`;
  }
  if (code === "REVOKED" && license.reason === "machine_deactivated") {
    return "This browser was deactivated. Enter the license key to activate it again.";
  }
  if (code === "NO_LICENSE") {
    return "Free plan. Enter a license key to export your notes.";
  }
  return client.explain().nextAction;
}

/** "Growth plan", for the policy `growth_policy`. */
function plan({ policy }) {
  const name = policy.name.replace(/_policy$/, "").replaceAll("_", " ");
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} plan`;
}

/** Whose seat it is, and when it was last used. */
export function seat({ id, name, platform, thisMachine, lastSeenAt }) {
  const here = thisMachine ? " (this browser)" : "";
  const seen = lastSeenAt ? `, last seen on ${day(lastSeenAt)}` : "";
  return `${name ?? platform ?? id}${here}${seen}`;
}

function day(date) {
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
