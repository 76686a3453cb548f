using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>Which record types to write.</summary>
internal enum SampleRecords
{
    /// <summary>Students, enrollments, programs, English learners and special education.</summary>
    Core = 1,

    /// <summary>Everything that the state collects.</summary>
    All = 2,
}

/// <summary>What to generate.</summary>
/// <param name="Districts">Null: as many as a state of that size has.</param>
/// <param name="ErrorRate">Share of students with a planted mistake.</param>
internal sealed record GenerateOptions(string Out, int Students, int? Districts, int Seed, SchoolYear Year, double ErrorRate)
{
    private const int MostDistricts = 405;
    private const int StudentsADistrict = 100;

    public SampleRecords Records { get; init; } = SampleRecords.All;

    /// <summary>How many school years, the last of which is <see cref="Year"/>.</summary>
    public int Years { get; init; } = 1;

    public SchoolYear FirstYear => new(Year.EndYear - Years + 1);

    public int DistrictCount => Districts ?? Math.Clamp(Students / StudentsADistrict, 1, MostDistricts);
}

/// <summary>What was generated.</summary>
/// <param name="Planted">Mistakes that an upload finds, by rule.</param>
/// <param name="Cases">Cases that the state has to open, and matches that wait for a person, by rule.</param>
internal sealed record GenerateReport(string Out, int Districts, int Schools, int Students, IReadOnlyDictionary<string, int> Rows, IReadOnlyDictionary<string, int> Planted, IReadOnlyDictionary<string, int> Cases)
{
    /// <summary>Mistakes that show in a district's edition as a whole, by rule.</summary>
    public IReadOnlyDictionary<string, int> Editions { get; init; } = new Dictionary<string, int>();

    /// <summary>The years before, oldest first; null when there was one year only.</summary>
    public IReadOnlyList<GenerateReport>? Earlier { get; init; }

    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();
}
