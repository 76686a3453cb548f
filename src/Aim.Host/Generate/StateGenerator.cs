using System.Globalization;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// Writes a synthetic state, one school year or several. Mistakes are in the last of them, so that what contradicts the year before is what
/// was planted.
/// </summary>
internal sealed class StateGenerator(GenerateOptions options)
{
    private readonly SampleRandom random = new(options.Seed);

    // Of its own, so that the core files are the same with and without the others.
    private readonly SampleRandom collectionRandom = new(options.Seed ^ 0x504C41);

    /// <summary>The last year's report, with those of the years before it.</summary>
    /// <param name="progress">Called with the share that is done.</param>
    public GenerateReport Run(Action<double>? progress = null)
    {
        var districts = new Geography(random, options.FirstYear).Districts(options.DistrictCount, options.Students);
        var sizes = new ClassSizes(districts);
        var register = new SampleRegister(random);
        var reports = new List<GenerateReport>();
        IReadOnlyList<SampleStudent>? lastYear = null;
        for (var year = options.FirstYear; year.EndYear <= options.Year.EndYear; year = new SchoolYear(year.EndYear + 1))
        {
            var generator = new YearGenerator(options with { Year = year, Out = FolderOf(year), ErrorRate = year == options.Year ? options.ErrorRate : 0 }, random, collectionRandom);
            (var report, lastYear) = generator.Run(districts, sizes, register, lastYear, done => progress?.Invoke((reports.Count + done) / options.Years));
            reports.Add(report);
        }
        return options.Years == 1 ? reports[0] : reports[^1] with { Earlier = reports[..^1] };
    }

    private string FolderOf(SchoolYear year) => options.Years == 1 ? options.Out : Path.Combine(options.Out, year.EndYear.ToString(CultureInfo.InvariantCulture));
}
