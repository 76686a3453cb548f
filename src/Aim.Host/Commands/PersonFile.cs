using Aim.Identity.Matching;

namespace Aim.Host.Commands;

/// <summary>
/// A file of people, or of pairs of them: delimited text with a header. Columns are found by name in any order; any but the id may be missing or empty, and columns of other names are
/// left alone.
/// </summary>
internal sealed class PersonFile
{
    public const string Columns = "id,first,middle,last,suffix,birthDate,gender,street,city,postcode,other";

    public List<string> Ids { get; } = [];
    public List<PersonTraits> People { get; } = [];

    /// <summary>Birth dates that are none and were taken as not known.</summary>
    public int BadBirthDates { get; private set; }

    /// <summary>Birth dates have the day before the month.</summary>
    public bool IsDayFirst { get; private set; }

    /// <summary>Columns that aren't used.</summary>
    public IReadOnlyList<string> Ignored { get; private set; } = [];

    public static async Task<PersonFile> ReadAsync(FileInfo file, CancellationToken cancellation)
    {
        var people = new PersonFile();
        using var rows = await CsvFile.OpenAsync(file, cancellation);
        var names = CsvFile.Names(rows);
        var columns = Columns.Split(',').Select(column => Array.FindIndex(names, name => name.Equals(column, StringComparison.OrdinalIgnoreCase))).ToArray();
        if (columns[0] < 0) throw new UnusableInputException($"{file.Name} has no column 'id'. Its first line must name the columns: {Columns}; any but id may be left out.");
        if (columns.Skip(1).All(column => column < 0)) throw new UnusableInputException($"{file.Name} has no column to compare people by. Name the columns {Columns}; any but id may be left out.");
        people.Ignored = [.. names.Where((_, i) => !columns.Contains(i))];
        var (known, births) = (new HashSet<string>(), new List<string?>());
        while (await CsvFile.ReadAsync(rows, file, cancellation))
        {
            var values = columns.Select(column => column < 0 || column >= rows.RowFieldCount || rows.GetFieldSpan(column).Trim() is { IsEmpty: true } ? null : rows.GetString(column).Trim()).ToArray();
            if (values.All(value => value is null)) continue;
            if (values[0] is not { } id) throw new UnusableInputException($"{file.Name}, line {rows.RowNumber + 1}: the id is empty. Give every record an id of its own.");
            if (!known.Add(id)) throw new UnusableInputException($"{file.Name}, line {rows.RowNumber + 1}: the id is there twice. Give every record an id of its own.");
            people.Ids.Add(id);
            births.Add(values[5]);
            people.People.Add(new PersonTraits
            {
                First = values[1], Middle = values[2], Last = values[3], Suffix = values[4], Gender = values[6], Street = values[7], City = values[8], Postcode = values[9], Other = values[10],
            });
        }
        people.Put(births);
        return people;
    }

    private void Put(List<string?> births)
    {
        var column = BirthDateColumn.Of(births, TimeProvider.System.GetUtcNow().Year);
        IsDayFirst = column.IsDayFirst;
        for (var i = 0; i < births.Count; i++)
        {
            People[i] = People[i] with { Birth = column.Read(births[i]) };
            if (births[i] is not null && People[i].Birth == 0) BadBirthDates++;
        }
    }

    /// <summary>The pairs of a truth file: columns <c>left,right</c>.</summary>
    public static async Task<List<(string Left, string Right)>> ReadPairsAsync(FileInfo file, CancellationToken cancellation)
    {
        using var rows = await CsvFile.OpenAsync(file, cancellation);
        var names = CsvFile.Names(rows);
        var (left, right) = (Column("left"), Column("right"));
        if (left < 0 || right < 0) throw new UnusableInputException($"{file.Name} must have the columns left and right, with the ids of the records that are one person.");
        var pairs = new List<(string, string)>();
        while (await CsvFile.ReadAsync(rows, file, cancellation))
        {
            if (rows.RowFieldCount > Math.Max(left, right)) pairs.Add((rows.GetString(left).Trim(), rows.GetString(right).Trim()));
        }
        return pairs;

        int Column(string wanted) => Array.FindIndex(names, name => name.Equals(wanted, StringComparison.OrdinalIgnoreCase));
    }
}
