// Runs before the first paint: what the server could not know yet.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const follow = () => {
    if (root.dataset.themeChoice === "system")
      root.dataset.bsTheme = system.matches ? "dark" : "light";
  };
  follow();
  system.addEventListener("change", follow);
  root.addEventListener("themechoice", follow);

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const cookie = `portal-zone=${encodeURIComponent(zone)}`;
  if (zone && !document.cookie.split("; ").includes(cookie))
    document.cookie = `${cookie}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
})();
