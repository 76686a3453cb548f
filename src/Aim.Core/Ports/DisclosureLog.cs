using System.Globalization;
using System.Text.Json;
using Aim.Records;

namespace Aim.Ports;

/// <summary>One look at, or export of, student data: who, when, what (34 CFR 99.32).</summary>
public sealed record Disclosure(string Caller, DateTimeOffset At, string What);

/// <summary>The log of disclosures; entries are only ever added, and kept as long as the record they are about.</summary>
public sealed class DisclosureLog(ILedger ledger, TimeProvider clock)
{
    private const string Kind = "disclosure";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Notes that a person read a student's record.</summary>
    public Task StudentReadAsync(Caller caller, StateId student, string what, CancellationToken cancellation) => AddAsync(caller, $"student/{student}", what, cancellation);

    /// <summary>Notes what a student's record was opened for, once: noted again under the same key, nothing happens.</summary>
    public Task StudentReadOnceAsync(Disclosure disclosure, StateId student, string key, CancellationToken cancellation)
    {
        // By time, as the others.
        var id = string.Create(CultureInfo.InvariantCulture, $"{disclosure.At.ToUnixTimeMilliseconds():x12}{ContentHash.OfText(key):x32}");
        return ledger.AddAsync(new($"student/{student}", Kind, id, JsonSerializer.Serialize(disclosure, Json)), cancellation);
    }

    /// <summary>Notes that student data of many was handed out.</summary>
    public Task ExportedAsync(Caller caller, string what, CancellationToken cancellation) => AddAsync(caller, "exports", what, cancellation);

    public async Task<IReadOnlyList<Disclosure>> OfStudentAsync(StateId student, CancellationToken cancellation)
    {
        var disclosures = new List<Disclosure>();
        await foreach (var entry in ledger.ListAsync($"student/{student}", Kind, null, cancellation)) disclosures.Add(JsonSerializer.Deserialize<Disclosure>(entry.Json, Json)!);
        return disclosures;
    }

    private async Task AddAsync(Caller caller, string subject, string what, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        await ledger.AddAsync(new(subject, Kind, Guid.CreateVersion7(now).ToString("N"), JsonSerializer.Serialize(new Disclosure(caller.Id, now, what), Json)), cancellation);
    }
}
