using Aim.Identity;
using Aim.Movement;
using Aim.Records;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Movement;

/// <summary>One enrollment of the student, in a district and year.</summary>
internal sealed record Stay(DistrictId District, SchoolYear Year, params (string Column, string Value)[] Values)
{
    /// <summary>Under which local id the district has it.</summary>
    public string LocalId { get; init; } = District == Sample.District ? TwoDistricts.LocalId : TwoDistricts.OtherLocalId;

    /// <summary>Rows in the fall or spring count.</summary>
    public IReadOnlyList<(string Type, Sample.Row Row)> Counts { get; init; } = [];

    /// <summary>With the student in the fall count (AF) or the spring count (AS).</summary>
    public Stay Counted(string type, int hours, params (string, string)[] more)
    {
        var row = type == "AF" ? Sample.FallCount("") : Sample.SpringCount("");
        var school = Values.Where(value => value.Column == "SchoolNumber").ToArray();
        return this with { Counts = [.. Counts, (type, row.With(school).With([("AggregateHours", $"{hours}"), .. more]))] };
    }

    /// <summary>In the elementary school of district 0123.</summary>
    public static Stay Here(string start, string end = "", string status = "", params (string, string)[] more) => new(Sample.District, Sample.Year, [("StartDate", start), ("EndDate", end), ("EndStatus", status), .. more]);

    /// <summary>In the elementary school of district 0123, entered once more under a second local id.</summary>
    public static Stay Again(string start, string end = "", string status = "", params (string, string)[] more) => Here(start, end, status, more) with { LocalId = TwoDistricts.SecondLocalId };

    /// <summary>In the school of district 0456.</summary>
    public static Stay There(string start, string end = "", string status = "", params (string, string)[] more) =>
        new(Sample.OtherDistrict, Sample.Year, [("SchoolNumber", Sample.OtherSchool), ("StartDate", start), ("EndDate", end), ("EndStatus", status), .. more]);
}

/// <summary>A child whom two districts know, each under a local id of its own, sent by uploads as the districts would.</summary>
internal static class TwoDistricts
{
    public const string LocalId = "H77001";
    public const string OtherLocalId = "T88001";

    /// <summary>Under which district 0123 has the child a second time.</summary>
    public const string SecondLocalId = "H77002";

    public static readonly StateId Child = new(100_200_300);

    public static readonly Person Known = new() { StateId = Child, LastName = "Rivers", FirstName = "Ana", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" };

    /// <summary>Opens a workbench whose state knows the child, with reference data of three years.</summary>
    public static async Task<Workbench> OpenAsync(TimeProvider? clock = null, string? folder = null)
    {
        var bench = await Workbench.OpenAsync(folder, clock: clock);
        await bench.RegisterAsync(Known);
        foreach (var year in new[] { Sample.Year.Previous, new SchoolYear(Sample.Year.EndYear + 1) }) await bench.Platform.References.PublishAsync(Sample.Reference(year), CancellationToken.None);
        return bench;
    }

    /// <summary>Sends all the enrollments of each district and year named; with none, takes a district's away.</summary>
    public static async Task SendAsync(Workbench bench, params Stay[] stays)
    {
        foreach (var edition in stays.GroupBy(stay => (stay.District, stay.Year))) await SendAsync(bench, edition.Key.District, edition.Key.Year, [.. edition]);
    }

    public static async Task SendAsync(Workbench bench, DistrictId district, SchoolYear year, params Stay[] stays)
    {
        (string, string)[] whose = [("DistrictNumber", district.Value), ("EndYear", $"{year}"), ("StudentStateId", $"{Child}"), ("FirstName", "Ana")];
        string[] localIds = [.. stays.Select(stay => stay.LocalId).DefaultIfEmpty(district == Sample.District ? LocalId : OtherLocalId).Distinct()];
        await AcceptAsync(bench, "SD", Sample.Tsv("SD", [.. localIds.Select(localId => Sample.Student(localId).With(whose))]), UploadScope.Update, district, year);
        await AcceptAsync(bench, "EN", Sample.Tsv("EN", [.. stays.Select(stay => Sample.Enrollment(stay.LocalId).With(whose).With(stay.Values))]), UploadScope.Replace, district, year);
        foreach (var counts in stays.SelectMany(stay => stay.Counts.Select(count => (count.Type, Row: count.Row.With(("StudentLocalId", stay.LocalId)).With(whose)))).GroupBy(count => count.Type))
            await AcceptAsync(bench, counts.Key, Sample.Tsv(counts.Key, counts.Key == "AF" ? "10/07/2025" : "02/03/2026", [.. counts.Select(count => count.Row)]), UploadScope.Replace, district, year);
    }

    private static async Task AcceptAsync(Workbench bench, string type, string text, UploadScope scope, DistrictId district, SchoolYear year)
    {
        var result = await bench.UploadAsync(type, text, scope: scope, district: district, year: year);
        Assert.IsTrue(result.Status is UploadStatus.Accepted or UploadStatus.AcceptedWithFindings, $"{type} {result.Status} {string.Join(' ', result.Findings)}");
    }

    public static async Task<IReadOnlyList<MovementCase>> CasesAsync(Workbench bench) => await bench.Platform.Cases.OfStudentAsync(Child, CancellationToken.None);
}
