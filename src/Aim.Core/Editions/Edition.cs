using System.Diagnostics.CodeAnalysis;
using Aim.Ports;
using Aim.Records;

namespace Aim.Editions;

/// <summary>One district's own record set in one school year.</summary>
public readonly record struct EditionKey(DistrictId District, SchoolYear Year)
{
    public override string ToString() => $"{District}-{Year}";
}

/// <summary>A stored row: the content a district stated about one record, and where it came from.</summary>
public sealed record EditionRow
{
    public required RecordType Type { get; init; }

    /// <inheritdoc cref="IRecord{TSelf}.Key" />
    public required string Key { get; init; }

    /// <summary>The State ID the row stated; says whose row the district thinks it is, and is no part of the content.</summary>
    public StateId? StatedId { get; init; }

    /// <summary>The name the row stated, where it isn't part of the content.</summary>
    public string? StatedLastName { get; init; }

    /// <inheritdoc cref="StatedLastName" />
    public string? StatedFirstName { get; init; }

    /// <summary>Canonical bytes.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The upload and line that brought the row as it is.</summary>
    public required UploadId Upload { get; init; }

    /// <inheritdoc cref="Upload" />
    public required int Line { get; init; }

    /// <summary>Whether storing the other row instead would change anything.</summary>
    public bool SaysTheSameAs(EditionRow other) =>
        Type == other.Type && Key == other.Key && StatedId == other.StatedId && StatedLastName == other.StatedLastName &&
        StatedFirstName == other.StatedFirstName && Content.Span.SequenceEqual(other.Content.Span);
}

/// <summary>All rows an edition has about one local id, by record type and key.</summary>
public sealed record EditionStudent(string LocalId, IReadOnlyList<EditionRow> Rows)
{
    public EditionRow? Demographics => Rows.FirstOrDefault(row => row.Type == RecordTypes.Student);
}

public enum ChangeKind { Added = 1, Changed = 2, Removed = 3 }

/// <summary>What a load does to one row.</summary>
/// <param name="Before">Null for an added row.</param>
/// <param name="After">Null for a removed row.</param>
public sealed record EditionChange(string LocalId, EditionRow? Before, EditionRow? After)
{
    public ChangeKind Kind => Before is null ? ChangeKind.Added : After is null ? ChangeKind.Removed : ChangeKind.Changed;

    public EditionRow Row => After ?? Before!;
}

/// <summary>The newest load, save or push of one record type; tells when a file is older than what was loaded.</summary>
/// <param name="Version">The newest version that one of the type has made; 0 when none has.</param>
/// <param name="WrittenAt">When the newest file that says so was written.</param>
/// <param name="Earlier">What was noted before that version, for when it is taken back.</param>
public sealed record LastLoad(UploadId Upload, long Version, DateTime? WrittenAt, LastLoad? Earlier = null);

/// <summary>How the last loads of an edition, by record type code, go on.</summary>
public static class LastLoads
{
    /// <summary>With a load that has made a version.</summary>
    public static Dictionary<string, LastLoad> Made(this IReadOnlyDictionary<string, LastLoad> loads, EditionLoad load, long version)
    {
        var before = loads.GetValueOrDefault(load.RecordType);
        return new(loads) { [load.RecordType] = new(load.Upload, version, load.WrittenAt ?? before?.WrittenAt, before is null ? null : before with { Earlier = null }) };
    }

    /// <summary>With a load that has changed nothing. What it said stands by the versions that were made before and after it.</summary>
    public static Dictionary<string, LastLoad> Noted(this IReadOnlyDictionary<string, LastLoad> loads, EditionLoad load)
    {
        var before = loads.GetValueOrDefault(load.RecordType);
        return new(loads) { [load.RecordType] = new(load.Upload, before?.Version ?? 0, load.WrittenAt ?? before?.WrittenAt, before?.Earlier) };
    }

    /// <summary>With the newest version taken back: what was noted before it is noted again.</summary>
    public static Dictionary<string, LastLoad> TakenBack(this IReadOnlyDictionary<string, LastLoad> loads, long version) =>
        loads.Select(load => (load.Key, Load: load.Value.Version == version ? load.Value.Earlier : load.Value)).Where(load => load.Load is not null).ToDictionary(load => load.Key, load => load.Load!);
}

/// <summary>The state of an edition as a whole. Version 0 is the empty edition that every district has.</summary>
public sealed record EditionHead
{
    public required EditionKey Key { get; init; }
    public long Version { get; init; }
    public long RowCount { get; init; }
    public EditionDigest Digest { get; init; }

    /// <summary>The version whose every change has reached the state record, with the digest it had.</summary>
    public long SyncedVersion { get; init; }

    /// <inheritdoc cref="SyncedVersion" />
    public EditionDigest SyncedDigest { get; init; }

    /// <summary>Local ids whose rows are kept aside until a person has decided whose they are.</summary>
    public int Parked { get; init; }

    /// <summary>By record type code.</summary>
    public IReadOnlyDictionary<string, LastLoad> LastLoads { get; init; } = new Dictionary<string, LastLoad>();

    public bool IsSynced => SyncedVersion == Version && SyncedDigest == Digest;
}

/// <summary>
/// A sum over the rows of an edition that does not depend on their order: two editions with the same rows have the same digest. It
/// leaves out moments, versions, uploads and State IDs, so that edition and state record can be held against each other.
/// </summary>
public readonly record struct EditionDigest(UInt128 Value) : IParsable<EditionDigest>
{
    public EditionDigest Add(UInt128 rowHash) => new(Value + rowHash);

    public EditionDigest Subtract(UInt128 rowHash) => new(Value - rowHash);

    public static EditionDigest operator +(EditionDigest left, EditionDigest right) => new(left.Value + right.Value);

    public static EditionDigest Add(EditionDigest left, EditionDigest right) => left + right;

    /// <summary>The share of one row: type, local id, key and content.</summary>
    public static UInt128 HashOf(string localId, RecordType type, string key, ReadOnlySpan<byte> content)
    {
        var buffer = hashBuffer ??= new ByteBuffer(512);
        buffer.Clear();
        buffer.WriteByte(type.Number);
        buffer.WriteText(localId);
        buffer.WriteText(key);
        buffer.WriteBlock(content);
        return ContentHash.Of(buffer.Written);
    }

    [ThreadStatic]
    private static ByteBuffer? hashBuffer;

    public static EditionDigest Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var digest) ? digest : throw new FormatException("A digest is 32 hexadecimal digits.");

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EditionDigest result)
    {
        var valid = UInt128.TryParse(s, System.Globalization.NumberStyles.AllowHexSpecifier, provider, out var value);
        result = new EditionDigest(value);
        return valid;
    }

    public override string ToString() => Value.ToString("x32", System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Orders local ids and keys as stores do: by their UTF-8 bytes.</summary>
public static class Utf8Order
{
    public static int Compare(string left, string right)
    {
        var length = Math.Min(left.Length, right.Length);
        for (var i = 0; i < length; i++)
        {
            if (left[i] == right[i]) continue;
            // UTF-16 code units order as UTF-8 bytes do, but for surrogates, which stand for the highest characters.
            var (a, b) = (char.IsSurrogate(left[i]), char.IsSurrogate(right[i]));
            return a == b ? left[i].CompareTo(right[i]) : a ? 1 : -1;
        }
        return left.Length.CompareTo(right.Length);
    }

    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);
}
