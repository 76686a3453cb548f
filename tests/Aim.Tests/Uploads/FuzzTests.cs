using System.Text;
using Aim.Editions;
using Aim.Tests.Setup;
using Aim.Uploads;
using CsCheck;

namespace Aim.Tests.Uploads;

/// <summary>Whatever bytes are uploaded, the upload ends with a sentence, and every row is either accepted or rejected.</summary>
[TestClass]
public sealed class FuzzTests
{
    private Workbench bench = null!;

    [TestInitialize]
    public async Task Open() => bench = await Workbench.OpenAsync();

    [TestCleanup]
    public async Task Close() => await bench.DisposeAsync();

    /// <summary>What can happen to a file: bytes go, come, are doubled, moved or changed.</summary>
    private sealed record Mutation(int Kind, int At, int Length, byte Value)
    {
        private static readonly byte[] Telling = [.. "\t\n\r\",\0;'/<>-09AZ "u8, 0x81, 0xC3, 0xED, 0xEF, 0xF0, 0xFF];

        public byte[] Apply(byte[] file)
        {
            if (file.Length == 0) return [Value];
            var at = At % file.Length;
            var end = Math.Min(file.Length, at + Length);
            return Kind switch
            {
                0 => [.. file[..at], .. file[end..]],
                1 => [.. file[..at], .. Enumerable.Repeat(Value, Length), .. file[at..]],
                2 => [.. file[..end], .. file[at..end], .. file[end..]],
                3 => [.. file[..at], Value, .. file[(at + 1)..]],
                4 => [.. file[..at], Telling[Value % Telling.Length], .. file[(at + 1)..]],
                5 => [.. file[..at], Telling[Value % Telling.Length], .. file[at..]],
                _ => file[..at],
            };
        }
    }

    private static readonly Gen<Mutation> AnyMutation = Gen.Select(Gen.Int[0, 6], Gen.Int[0, 5000], Gen.Int[1, 60], Gen.Byte, (kind, at, length, value) => new Mutation(kind, at, length, value));

    private static readonly string[] ValidFiles =
    [
        Sample.Tsv("SD", Sample.Student("1001", ("MiddleName", "Lee")), Sample.Student("1002", ("LastName", "Muñoz")), Sample.Student("1003")),
        Sample.Csv("SD", Sample.Student("1001", ("LastName", "\"O'Neil, \"\"Jr\"\"\"")), Sample.Student("1002", ("Address1", "\"1 Main\nStreet\"")), Sample.Student("1003")),
        Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002"), Sample.Student("1004")).Replace("\n", "\r\n"),
    ];

    [TestMethod]
    public void Random_bytes_end_in_a_sentence() =>
        Gen.Byte.Array[0, 3000].Sample(bytes => CheckAsync(bytes, UploadScope.Update).GetAwaiter().GetResult(), iter: 25, threads: 1);

    [TestMethod]
    public void Valid_files_with_random_damage_end_in_a_sentence_and_lose_no_row() =>
        Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Bool, AnyMutation.Array[1, 6]).Sample((file, wide, replace, mutations) =>
        {
            var bytes = wide ? [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(ValidFiles[file])] : Encoding.UTF8.GetBytes(ValidFiles[file]);
            CheckAsync(mutations.Aggregate(bytes, (damaged, mutation) => mutation.Apply(damaged)), replace ? UploadScope.Replace : UploadScope.Update).GetAwaiter().GetResult();
        }, iter: 120, threads: 1);

    private async Task CheckAsync(byte[] file, UploadScope scope)
    {
        var before = await HeadAsync();
        var result = await bench.UploadAsync("SD", file, scope: scope);
        var counts = result.Counts;
        Assert.IsFalse(string.IsNullOrWhiteSpace(result.Report.Sentence));
        Assert.IsTrue(result.Status is UploadStatus.Refused or UploadStatus.Accepted or UploadStatus.AcceptedWithFindings or UploadStatus.AcceptedWithRejects or UploadStatus.Rejected, $"{result.Status}: {result.Report.Sentence}");
        var after = await HeadAsync();
        Assert.AreEqual(after.RowCount - before.RowCount, counts.Added - counts.Removed, "what the report says is what was done");
        if (result.Status == UploadStatus.Refused)
        {
            Assert.AreEqual(before.Version, after.Version);
            Assert.IsTrue(result.Findings.Any(finding => finding.Rule is "FMT-001" or "FMT-007"), "the refusal is a finding");
            return;
        }
        Assert.AreEqual(counts.Rows, counts.Rejected + counts.Added + counts.Changed + counts.Unchanged, "every row is accepted or rejected");
        Assert.AreEqual(counts.Rejected > 0, result.Report.RejectsFile is not null);
        if (result.Report.RejectsFile is { } rejects) Assert.IsGreaterThanOrEqualTo(counts.Rejected + 1, (await bench.ReadTextAsync(rejects)).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    private Task<EditionHead> HeadAsync() => bench.Ports.Editions.GetHeadAsync(new EditionKey(Sample.District, Sample.Year), CancellationToken.None);
}
