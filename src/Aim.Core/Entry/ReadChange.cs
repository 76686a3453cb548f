using Aim.Editions;
using Aim.Records;
using Aim.Rules;

namespace Aim.Entry;

/// <summary>A change whose fields have been read, and what becomes of it.</summary>
/// <param name="Line">What findings say of it.</param>
/// <param name="LocalId">As the edition has it; null when the change can't be read.</param>
/// <param name="Row">The record as it would be stored; null for a delete, and for what can't be read.</param>
/// <param name="Findings">All that is found in it, from reading on.</param>
internal sealed record ReadChange(RecordChange Change, int Line, string? LocalId, EditionRow? Row, FindingList Findings)
{
    public RecordType Type => Change.Type;

    public RowPlace Place => new(Type, Line, LocalId, AsJson: true);

    /// <summary>Of the record that is meant.</summary>
    public string Key => Change.Key ?? Row?.Key ?? "";

    /// <summary>The record takes the place of the one that is meant: a field of the key was corrected.</summary>
    public bool IsOfOtherKey => Row is not null && Key != Row.Key;

    /// <summary>A fatal finding keeps it out; the record stays as it was before the change.</summary>
    public bool IsKeptOut { get; set; }

    /// <summary>What it does to its record; with all that is found in it, also later.</summary>
    public JudgedChange Judged { get; private set; } = new(ChangeResult.LeftOut, null, null, null, Findings);

    public void Does(ChangeResult result, string key, EditionRow? before, EditionRow? after) => Judged = Judged with { Result = result, Key = key, Before = before, After = after };

    /// <summary>Says why the record can't take the key that its fields make.</summary>
    public void RefuseKey(Rule rule, bool isTaken, params ReadOnlySpan<(string Name, string? Value)> why)
    {
        IsKeptOut = true;
        Judged = Judged with { IsKeyTaken = isTaken };
        Findings.Add(Rules.Findings.OfField(rule, Place, rule.Field, Key, null, [("Expected", Row!.Key), .. why]));
    }

    public static ReadChange Of(RecordChange change, RecordReader reader, UploadId upload, int line)
    {
        var findings = new FindingList();
        if (change.Operation == ChangeOperation.Delete) return new ReadChange(change, line, reader.ReadLocalId(change.LocalId, line, findings), null, findings);
        if (reader.Read(change.LocalId, change.Record!.Value, line, findings) is not { } read) return new ReadChange(change, line, null, null, findings);
        // Sent whole: an empty field is empty, also where that of a file would keep what is stored.
        var row = new EditionRow
        {
            Type = change.Type, Key = read.Key, StatedId = read.StatedId, StatedLastName = read.StatedLastName, StatedFirstName = read.StatedFirstName, Content = read.Content, Upload = upload, Line = line,
        };
        return new ReadChange(change, line, read.LocalId, row, findings);
    }
}
