using System.Globalization;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Records;
using Aim.StateSync;

namespace Aim.Host.Commands;

/// <summary>What became of a line of <c>held-fields.csv</c>.</summary>
internal sealed record LoadedHold(long Line, EditStatus Status, string Sentence);

/// <summary>
/// Holds the fields that a folder names, once the districts' files are in the state's records. A line is done once: when the folder is loaded again, what was decided here since stands.
/// </summary>
internal sealed class HeldFieldsLoader(DataFolder data, SchoolYear year, string actor)
{
    public async Task<IReadOnlyList<LoadedHold>> LoadAsync(IReadOnlyList<HeldLine> lines, CancellationToken cancellation)
    {
        var loaded = new List<LoadedHold>();
        foreach (var district in lines.GroupBy(line => line.Hold.District))
        {
            await data.Platform.Syncs.RunAsync(new EditionKey(district.Key, year), cancellation);
            var students = await data.Ports.Identities.FindLinksAsync(district.Key, [.. district.Select(line => line.Hold.LocalId).Distinct()], cancellation);
            foreach (var line in district) loaded.Add(await HoldAsync(line, students, cancellation));
        }
        return [.. loaded.OrderBy(item => item.Line)];
    }

    private async Task<LoadedHold> HoldAsync(HeldLine line, IReadOnlyDictionary<string, StateId> students, CancellationToken cancellation)
    {
        var mark = MarkOf(line.Hold);
        if (await data.Ports.Ledger.FindAsync(mark.Subject, mark.Kind, mark.Id, cancellation) is not null) return new LoadedHold(line.Line, EditStatus.Done, "The line was loaded before; what was decided since stands.");
        var outcome = students.TryGetValue(line.Hold.LocalId, out var student)
            ? await data.Platform.StateEditing.HoldAsync(student, year, null, line.Hold, actor, cancellation)
            : new EditOutcome(EditStatus.NotThere);
        if (outcome.Status == EditStatus.Done) await data.Ports.Ledger.PutAsync(mark, cancellation);
        return new LoadedHold(line.Line, outcome.Status, outcome.Status switch
        {
            EditStatus.Done => "The field is held.",
            EditStatus.NotThere => "Not held: the state has no such student, record or field of the district in this year. Correct the line, or load the file that brings the record.",
            EditStatus.InKey => "Not held: the field is part of the record's key, and with another value it would be another record. Ask the district to correct the record itself.",
            EditStatus.Refused => $"Not held: the record can't be as it would be with that value ({string.Join(", ", outcome.Findings!.Select(finding => finding.Rule).Distinct())}). Correct the value.",
            _ => "Not held: the student's record was changed at the same time. Load again.",
        });
    }

    private LedgerEntry MarkOf(FieldToHold hold) => new($"held-fields/{hold.District}/{year}", "line",
        ContentHash.OfText($"{hold.LocalId}\n{hold.Type.Code}\n{hold.Key}\n{hold.Field}\n{hold.Value}\n{hold.Reason}").ToString("x32", CultureInfo.InvariantCulture), "{}");
}
