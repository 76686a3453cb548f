using System.Globalization;
using Aim.Movement;
using Aim.Records;

namespace Aim.Tests.Movement;

/// <summary>Thousands of histories that no person would write, from a fixed seed.</summary>
[TestClass]
public sealed class HistoryPropertyTests
{
    private static readonly string[] Statuses = ["-", .. CodeSets.EndStatus.Entries.Select(entry => entry.Code)];
    private static readonly string[] Schools = ["0123/0001", "0123/0002", "0123/0001/2", "0456/0101", "0789/0201"];

    private static string[] Lines(Random random) => [.. Enumerable.Range(0, random.Next(0, 9)).Select(_ =>
    {
        var year = random.Next(2023, 2028);
        var start = new DateOnly(year - 1, 7, 1).AddDays(random.Next(0, 364));
        var status = Statuses[random.Next(Statuses.Length)];
        var end = status == "-" && random.Next(2) == 0 ? "-" : start.AddDays(random.Next(0, 200)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{year} {Schools[random.Next(Schools.Length)]} {random.Next(7, 13):D2} {start:yyyy-MM-dd} {end} {status} {random.Next(1, 9):D2}");
    })];

    private static string Describe(EnrollmentHistory history, DateOnly asOf) => string.Join('\n',
    [
        .. StateRules.Check(history, asOf).Select(finding => $"{finding.Rule.Id} {finding.Year} {finding.From} {finding.To} {string.Join(' ', finding.Sides.Select(side => side.Finding.Message))}"),
        .. Move.Of(history).Select(move => $"{move.Date} {move.Kind} {move.From?.District} {move.To?.District}"),
        .. Enumerable.Range(2023, 8).Select(year => $"{Dropout.Of(history, new SchoolYear(year), asOf)} {CohortMember.Of(history, new SchoolYear(year), asOf, documented: [])}"),
    ]);

    [TestMethod]
    public void What_is_found_depends_on_the_records_alone_and_holds_together()
    {
        var random = new Random(20251007);
        var (overlaps, twice, missing, dropouts, members) = (0, 0, 0, 0, 0);
        for (var i = 0; i < 4000; i++)
        {
            var lines = Lines(random);
            var asOf = new DateOnly(2023, 7, 1).AddDays(random.Next(0, 1600));
            var history = Histories.Of(lines);
            Assert.AreEqual(Describe(history, asOf), Describe(Histories.Of([.. lines.Reverse()]), asOf), string.Join('\n', lines));

            var findings = StateRules.Check(history, asOf);
            foreach (var finding in findings)
            {
                Assert.AreEqual(finding.Rule.Id == "ENR-004" ? 2 : 1, finding.Sides.Select(side => side.District).Distinct().Count());
                Assert.IsLessThanOrEqualTo(finding.To, finding.From);
            }
            // A member is the district's that had the student on the last day within the four years, whoever came last.
            foreach (var member in Enumerable.Range(2023, 8).Select(year => CohortMember.Of(history, new SchoolYear(year), asOf, documented: [])).OfType<CohortMember>())
            {
                var within = history.Primary.Where(entry => entry.Year <= member.Cohort && entry.Grade >= 9).ToList();
                if (within.TrueForAll(entry => entry.EndClass != CodeClass.Graduate))
                    Assert.Contains(member.District, within.Where(entry => entry.Last == within.Max(other => other.Last)).Select(entry => entry.District), string.Join('\n', lines));
            }
            // Waiting ends: who is waited for today is missing or there once the time is over.
            foreach (var day in StateRules.Waits(history, asOf)) Assert.Contains("ENR-007", StateRules.Check(history, day).Select(finding => finding.Rule.Id));
            // Districts that share a day are found, whatever else the history holds.
            var shared = history.Primary.Any(one => history.Primary.Any(other => other.Year == one.Year && other.District != one.District && one.Start < other.Last && other.Start < one.Last));
            if (shared) Assert.Contains("ENR-004", findings.Select(finding => finding.Rule.Id), string.Join('\n', lines));
            var doubled = history.Primary.Any(one => history.Primary.Any(other => other.Year == one.Year && other.District == one.District && other.LocalId != one.LocalId && one.Start < other.Last && other.Start < one.Last));
            Assert.AreEqual(doubled, findings.Any(finding => finding.Rule.Id == "ENR-003B"), string.Join('\n', lines));
            overlaps += shared ? 1 : 0;
            twice += doubled ? 1 : 0;
            missing += findings.Count(finding => finding.Rule.Id == "ENR-007");
            dropouts += Enumerable.Range(2023, 5).Count(year => Dropout.Of(history, new SchoolYear(year), asOf) is not null);
            members += Enumerable.Range(2023, 8).Count(year => CohortMember.Of(history, new SchoolYear(year), asOf, documented: []) is not null);
        }
        foreach (var count in new[] { overlaps, twice, missing, dropouts, members }) Assert.IsGreaterThan(50, count, "it happened often enough to show something");
    }
}
