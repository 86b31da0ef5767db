/**
 * Somebody else's service, written with autobahn: it knows nothing of contracts, takes positional and keyword arguments as it
 * pleases, and could as well be in Python. Arguments: the router's URL and the realm.
 */
console.warn = () => {}; // autobahn keeps what it finds, and logs its own close with it
const { default: autobahn } = await import("autobahn");

const [url, realm] = process.argv.slice(2);
const temperatures = { oslo: [2, 3, 1, 0, -2, -1, 4], rome: [14, 15, 17, 16, 16, 18, 15] };

const connection = new autobahn.Connection({ url, realm, max_retries: 0, on_user_error: () => {} });
connection.onopen = async (session) => {
  await session.register("org.weather.cities", () => Object.keys(temperatures));
  await session.register("org.weather.forecast", ([city, days], { unit = "celsius" }) => {
    const known = temperatures[city];
    if (!known) throw new autobahn.Error("org.weather.error.unknown_city", [city]);
    const celsius = known.slice(0, days);
    return unit === "celsius" ? celsius : celsius.map((each) => each * 1.8 + 32);
  });
  await session.subscribe("org.weather.warning", ([text, level]) => console.log(`service: warning ${level}: ${text}`));
  console.log("service: ready");
};
connection.onclose = () => process.exit(0);
connection.open();
