using System.Buffers;
using System.Globalization;
using Aim.Records;
using Aim.Rules;

namespace Aim.Uploads;

/// <summary>Turns the text of fields into values, and what can't be turned into findings. One row at a time.</summary>
internal sealed class FieldReading(ParseJob job) : IRowOrigin
{
    /// <summary>The text that blanks a stored value where an empty field leaves it as it is.</summary>
    public const string Clear = "<CLEAR>";

    private const int EarliestYear = 1900;
    private const int LatestYear = 2100;

    /// <summary>Characters that have no place in a value: control characters, undefined bytes of Windows-1252, typographic quotes.</summary>
    public static readonly SearchValues<char> OddCharacters = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(c => c is not ('\t' or '\r' or '\n')).Concat(Enumerable.Range(0x7F, 33)).Select(c => (char)c), '\u2018', '\u2019', '\u201C', '\u201D', '\uFFFD']);

    private TextPool pool = TextPool.Shared;
    private IFindingSink findings = new FindingList();
    private bool mayHoldOddCharacters;
    private readonly char[] localId = new char[Math.Max(job.Plan.LocalId.Width, 64)];
    private int localIdLength;
    private long line;

    public bool IsRejected { get; private set; }

    /// <summary>Bit i is set when the row blanks field i of the record.</summary>
    public ulong Cleared { get; private set; }

    /// <summary>The row's local id; no string is made of it unless something is reported.</summary>
    public ReadOnlySpan<char> LocalId => localId.AsSpan(0, localIdLength);

    public RowPlace Place => new(job.Plan.Type, line, localIdLength == 0 ? null : LocalId.ToString(), AsJson: job.AsJson);

    public void Begin(IFindingSink sink, bool mayHoldOddCharacters)
    {
        findings = sink;
        // Each block is parsed by one thread, but not always by the same.
        pool = TextPool.Shared;
        this.mayHoldOddCharacters = mayHoldOddCharacters;
    }

    public void BeginRow(long rowLine)
    {
        line = rowLine;
        localIdLength = 0;
        IsRejected = false;
        Cleared = 0;
    }

    public void Reject() => IsRejected = true;

    public void Reject(Rule rule, string field, string? value, params ReadOnlySpan<(string Name, string? Value)> more) => Report(rule, field, value, null, more);

    public string? Empty(PlannedColumn column)
    {
        if (column.Required) Report(FileRules.Required, column.Name, null, null);
        return null;
    }

    public TValue? Empty<TValue>(PlannedColumn column) where TValue : struct
    {
        Empty(column);
        return null;
    }

    public string? Text(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        if (field.IsEmpty) return Empty(column);
        if (mayHoldOddCharacters && field.ContainsAny(OddCharacters)) return Clean(column, field);
        if (IsTooLong(column, field) || IsCleared(column, field)) return null;
        if (column.Digits && field.Length < column.Width) return Pad(column, field);
        return pool.Get(field);
    }

    /// <summary>As <see cref="Text"/>, for what is only passed on: no string is made of a field that is right as it stands. Empty when there is nothing.</summary>
    public ReadOnlySpan<char> Plain(PlannedColumn column, ReadOnlySpan<char> field)
    {
        var plain = Trim(column, field);
        var isRight = !mayHoldOddCharacters && !plain.IsEmpty && plain.Length <= column.Width && !column.Digits && !IsCleared(column, plain);
        return isRight ? plain : Text(column, field);
    }

    public string? Code(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        if (field.IsEmpty) return Empty(column);
        if (IsCleared(column, field)) return null;
        if (column.Codes is not { } codes) return Text(column, field);
        var entry = codes.Find(field);
        if (entry is null && column.Digits && field.Length < column.Width && Pad(column, field) is { } padded) entry = codes.Find(padded);
        if (entry is null)
        {
            if (!IsTooLong(column, field)) Report(FileRules.Code, column.Name, field.ToString(), field.ToString(), ("Expected", codes.Title));
            return null;
        }
        if (!entry.IsValidIn(job.Year)) Report(FileRules.CodeYear, column.Name, entry.Code, entry.Code, ("Expected", job.Year.ToString()));
        return entry.Code;
    }

    public DateOnly? Date(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        if (field.IsEmpty) return Empty<DateOnly>(column);
        if (TryDate(field, out var date)) return date;
        if (IsCleared(column, field)) return null;
        var expected = IsOutOfTime(field) ? string.Create(CultureInfo.InvariantCulture, $"a date of the years {EarliestYear} to {LatestYear}") : job.AsJson ? "a date (YYYY-MM-DD)" : "a date (MM/DD/YYYY or YYYY-MM-DD)";
        Report(FileRules.BadValue, column.Name, field.ToString(), null, ("Expected", expected));
        return null;
    }

    public bool? Flag(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        switch (field)
        {
            case "": return Empty<bool>(column);
            case "Y" or "y": return true;
            case "N" or "n": return false;
        }
        if (!IsCleared(column, field)) Report(FileRules.Code, column.Name, field.ToString(), field.ToString(), ("Expected", "Y or N"));
        return null;
    }

    public int? Number(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        if (field.IsEmpty) return Empty<int>(column);
        if (field.Length <= column.Width && int.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        if (!IsCleared(column, field) && !IsTooLong(column, field)) Report(FileRules.BadValue, column.Name, field.ToString(), null, ("Expected", "a whole number"));
        return null;
    }

    public decimal? Amount(PlannedColumn column, ReadOnlySpan<char> field)
    {
        field = Trim(column, field);
        if (field.IsEmpty) return Empty<decimal>(column);
        if (field.Length <= column.Width && decimal.TryParse(field, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount) && amount < 1_000_000) return amount;
        if (!IsCleared(column, field) && !IsTooLong(column, field)) Report(FileRules.BadValue, column.Name, field.ToString(), null, ("Expected", "a number"));
        return null;
    }

    /// <summary>Takes the local id, which must be there.</summary>
    public void ReadLocalId(PlannedColumn column, ReadOnlySpan<char> field)
    {
        var plain = Plain(column, field);
        if (plain.IsEmpty) return;
        var prefix = job.Plan.Type.LocalIdPrefix;
        if (prefix.Length == 0 && plain.Contains('/') && RecordTypes.ReservedPrefix(plain) is { } reserved)
        {
            Report(FileRules.BadValue, column.Name, plain.ToString(), null, ("Expected", $"a student's local id: none begins with {reserved}"));
            return;
        }
        prefix.CopyTo(localId);
        plain.CopyTo(localId.AsSpan(prefix.Length));
        localIdLength = prefix.Length + plain.Length;
    }

    /// <summary>The State ID a row states, if any.</summary>
    public StateId? StateId(PlannedColumn column, ReadOnlySpan<char> field)
    {
        // No string is made of what is a State ID as it stands.
        if (!mayHoldOddCharacters && Records.StateId.TryParse(field, out var id)) return id;
        if (Text(column, field) is not { } text) return null;
        if (Records.StateId.TryParse(text.AsSpan(), out id)) return id;
        Report(FileRules.BadValue, column.Name, text, null, ("Expected", "a State ID (nine digits)"));
        return null;
    }

    private static bool TryDate(ReadOnlySpan<char> field, out DateOnly date)
    {
        date = default;
        int year, month, day;
        if (field.Length != 10) return false;
        if (field[2] == '/' && field[5] == '/') (month, day, year) = (Digits(field[..2]), Digits(field[3..5]), Digits(field[6..]));
        else if (field[4] == '-' && field[7] == '-') (year, month, day) = (Digits(field[..4]), Digits(field[5..7]), Digits(field[8..]));
        else return false;
        if (year is < EarliestYear or > LatestYear || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        date = new DateOnly(year, month, day);
        return true;
    }

    /// <summary>A date by its form, of a year that nobody in a school can mean.</summary>
    private static bool IsOutOfTime(ReadOnlySpan<char> field) =>
        DateOnly.TryParseExact(field, ["MM/dd/yyyy", "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) && (date.Year is < EarliestYear or > LatestYear);

    private static int Digits(ReadOnlySpan<char> text)
    {
        var value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c)) return -1;
            value = value * 10 + (c - '0');
        }
        return value;
    }

    private static ReadOnlySpan<char> Trim(PlannedColumn column, ReadOnlySpan<char> field) =>
        field.IsEmpty || column.Ordinal < 0 || field[0] > ' ' && field[^1] > ' ' && field[^1] != '\u00A0' ? field : field.Trim();

    private bool IsTooLong(PlannedColumn column, ReadOnlySpan<char> field)
    {
        if (field.Length <= column.Width) return false;
        Report(FileRules.TooLong, column.Name, field.Length > 80 ? $"{field[..80]}…" : field.ToString(), null,
            ("Length", field.Length.ToString(CultureInfo.InvariantCulture)), ("Width", column.Width.ToString(CultureInfo.InvariantCulture)));
        return true;
    }

    private bool IsCleared(PlannedColumn column, ReadOnlySpan<char> field)
    {
        if (!field.SequenceEqual(Clear) || column.Field < 0 || !job.Plan.Type.EmptyKeepsValue) return false;
        Cleared |= 1UL << column.Field;
        return true;
    }

    /// <summary>A number that lost its leading zeros in a spreadsheet gets them back, with a warning.</summary>
    private string Pad(PlannedColumn column, ReadOnlySpan<char> field)
    {
        var text = field.ToString();
        if (field.ContainsAnyExceptInRange('0', '9')) return text;
        var padded = text.PadLeft(column.Width, '0');
        Report(FileRules.LeadingZeros, column.Name, text, column.Name, ("Width", column.Width.ToString(CultureInfo.InvariantCulture)), ("Expected", padded));
        return padded;
    }

    /// <summary>Typographic quotes become plain ones, other odd characters go; the finding says so.</summary>
    private string? Clean(PlannedColumn column, ReadOnlySpan<char> field)
    {
        var clean = new string([.. field.ToString().Select(c => c switch { '\u2018' or '\u2019' => '\'', '\u201C' or '\u201D' => '"', _ => c }).Where(c => !OddCharacters.Contains(c))]).Trim();
        var quotesOnly = clean.Length == field.Length;
        Report(FileRules.Characters, column.Name, quotesOnly ? "typographic quotes, which were replaced by plain ones" : "control or undefined characters, which were left out", column.Name);
        return clean.Length == 0 ? Empty(column) : IsTooLong(column, clean) ? null : clean;
    }

    private void Report(Rule rule, string field, string? value, string? cause, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var staged = rule.In(job.Reference);
        findings.Add(Findings.OfField(staged, Place, field, value, cause, more));
        IsRejected |= staged.EffectiveSeverity == Severity.Fatal;
    }
}
