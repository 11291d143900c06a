"""What a measure has found, as text for `docs/benchmarks.md` and as plots."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Spread:
    """What was found when something was measured often.

    Attributes:
        median: The median.
        p95: The 95th percentile.
    """

    median: float
    p95: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        if len(values) < 2:
            return cls(values[0], values[0])
        quantiles = statistics.quantiles(values, n=20, method="inclusive")
        return cls(statistics.median(values), quantiles[-1])

    def over(self, other: Spread) -> Spread:
        """How many times the other it is."""
        return Spread(self.median / other.median, self.p95 / other.p95)


@dataclass(frozen=True)
class Goal:
    """A goal and what was found.

    Attributes:
        measure: What is measured.
        limit: The goal.
        found: What was found, in the same unit.
        unit: The unit; `times` for a ratio.
    """

    measure: str
    limit: float
    found: float
    unit: str

    def row(self) -> list[str]:
        verdict = "met" if self.found <= self.limit else "**missed**"
        return [
            self.measure,
            *(f"{number(n)} {self.unit}" for n in (self.limit, self.found)),
            verdict,
        ]


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        title: Its title.
        head: The names of the columns, the first of which are text.
        rows: The cells.
        texts: How many columns are text.
    """

    title: str
    head: list[str]
    rows: list[list[str]]
    texts: int = 1


@dataclass(frozen=True)
class Plot:
    """What something costs, depending on its size; both axes are logarithmic.

    Attributes:
        name: The name of its file.
        title: Its title.
        size: What the size is.
        cost: What the cost is.
        lines: For each side, sizes and costs.
    """

    name: str
    title: str
    size: str
    cost: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


@dataclass
class Report:
    """What a measure has found.

    Attributes:
        goals: The goals and what was found.
        tables: The figures.
        plots: Costs against sizes.
    """

    goals: list[Goal] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)


def number(value: float) -> str:
    """A number with as many digits as say something."""
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def markdown(table: Table) -> str:
    """The table."""
    rules = ["---"] * table.texts + ["---:"] * (len(table.head) - table.texts)
    lines = [table.head, rules, *table.rows]
    return f"### {table.title}\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def goals_table(goals: Sequence[Goal]) -> Table:
    """All goals."""
    return Table("Goals", ["measure", "goal", "found", ""], [goal.row() for goal in goals], texts=4)
