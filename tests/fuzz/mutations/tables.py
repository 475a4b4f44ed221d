"""Tables and TOML text in which cells and lines are wrong."""

from random import Random

from tests.fuzz.mutations.values import TEXTS

CELLS = (
    "",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e999",
    "--5",
    "²",
    "7" * 5000,
    "9223372036854775808",
    '"',
    '"a,b"',
    "-1",
)
TOML = (
    "0",
    "-1",
    "1",
    "true",
    '""',
    '"a"',
    "[]",
    "{}",
    "[[]]",
    "[1, 2]",
    "nan",
    "inf",
    "-inf",
    "1e308",
    "9223372036854775807",
    "7" * 5000,
    "[-2, -1, 0]",
    "{ a = 1 }",
    '"\\ud800"',
    '"../../x"',
    '"' + "a" * 70000 + '"',
    "1979-05-27T07:32:00Z",
    "[" * 2000 + "]" * 2000,
    '"' + "0" * 64 + '"',
    "0x7fffffff",
    "--5",
    "\x00",
    "[0, 0]",
    "[100000000, 100000000]",
    "[1.5, -3]",
    '"http://127.0.0.1:9/../a.pth"',
    '"file:///etc/passwd"',
)


def mutated_csv(text: str, rng: Random) -> str:
    """A copy in which one to four cells or lines are wrong."""
    lines = [line.split(",") for line in text.splitlines()]
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        if not lines:
            break
        action, at = rng.random(), rng.randrange(len(lines))
        if action < 0.65 and lines[at]:
            lines[at][rng.randrange(len(lines[at]))] = rng.choice((rng.choice(CELLS), rng.choice(TEXTS)))
        elif action < 0.75:
            del lines[at]
        elif action < 0.85:
            lines.insert(rng.randrange(len(lines) + 1), list(lines[at]))
        elif action < 0.93:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)]
        else:
            lines[at] = lines[at] * 2
    return "\n".join(map(",".join, lines))


def mutated_toml(text: str, rng: Random) -> str:
    """A copy in which one to four values or lines are wrong."""
    lines = text.splitlines()
    for _ in range(rng.choice((1, 1, 2, 3, 4))):
        settings = [at for at, line in enumerate(lines) if "=" in line and not line.startswith("#")]
        at = rng.choice(settings) if settings and rng.random() < 0.8 else rng.randrange(len(lines))
        action = rng.random()
        if action < 0.65 and "=" in lines[at]:
            lines[at] = f"{lines[at].partition('=')[0]}= {rng.choice(TOML)}"
        elif action < 0.8:
            lines[at] = ""
        elif action < 0.9:
            lines.insert(at, lines[at])
        else:
            lines[at] = rng.choice(
                ("[stages]", "[[stages]]", "[weights]", "[keys]", "[augmentation]", "x = 1", '"" = 2')
            )
    return "\n".join(lines)
