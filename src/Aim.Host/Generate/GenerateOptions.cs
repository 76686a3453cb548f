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

    public int DistrictCount => Districts ?? Math.Clamp(Students / StudentsADistrict, 1, MostDistricts);
}

/// <summary>What was generated.</summary>
/// <param name="Planted">Mistakes that an upload finds, by rule.</param>
/// <param name="Cases">Cases that the state has to open, and matches that wait for a person, by rule.</param>
internal sealed record GenerateReport(string Out, int Districts, int Schools, int Students, IReadOnlyDictionary<string, int> Rows, IReadOnlyDictionary<string, int> Planted, IReadOnlyDictionary<string, int> Cases)
{
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();
}
