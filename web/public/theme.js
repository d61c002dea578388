// Runs before the first paint, so that a chosen theme does not flash in the other one's colours.
try {
  var theme = localStorage.getItem('postroom.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch (e) {
  // Storage may be forbidden; the system's theme is then the right one.
}
