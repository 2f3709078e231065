// What a reader can do besides stepping, a tab each: how it is drawn, and what it does when it is
// opened, closed, or the numbers change.
const TABS = { update: {}, nudge: {}, quiz: {} };
function forgetUpdates() {}
function update() {}
