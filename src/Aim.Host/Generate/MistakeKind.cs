namespace Aim.Host.Generate;

/// <summary>One kind of mistake: whom it suits, and how the student's rows are spoiled.</summary>
/// <param name="Rule">The rule that is broken, or what else tells one kind from another.</param>
/// <param name="Suits">Only students whose other rows the mistake leaves in peace.</param>
internal sealed record MistakeKind(string Rule, Func<SampleStudent, List<SampleRow>, bool> Suits, Action<SampleStudent, List<SampleRow>> Plant)
{
    /// <summary>Spoils a copy of a row: it is then rejected, or stands beside the right one.</summary>
    public static MistakeKind Extra(string rule, string type, Action<SampleRow> spoil, Func<SampleStudent, bool>? suits = null) => new(rule,
        (student, all) => all.Exists(row => row.Layout.Type == type) && (suits is null || suits(student)), (_, all) =>
        {
            var row = First(all, type).Copy();
            spoil(row);
            Mark(row, rule, all);
        });

    /// <summary>Spoils the first row of the type that suits.</summary>
    public static MistakeKind InPlace(string rule, string type, Func<SampleStudent, SampleRow, bool> suits, Action<SampleRow> spoil) => new(rule,
        (student, all) => all.Exists(row => row.Layout.Type == type && suits(student, row)), (student, all) =>
        {
            var row = all.Find(row => row.Layout.Type == type && suits(student, row))!;
            spoil(row);
            row.Planted.Add(rule);
        });

    public static MistakeKind InPlace(string rule, string type, Action<SampleRow> spoil) => InPlace(rule, type, (_, _) => true, spoil);

    public static SampleRow First(List<SampleRow> all, string type) => all.Find(row => row.Layout.Type == type)!;

    /// <summary>Adds a row that breaks a rule.</summary>
    public static void Mark(SampleRow row, string rule, List<SampleRow> all)
    {
        row.Planted.Add(rule);
        all.Add(row);
    }
}
