using Aim.Editions;
using Aim.Records;

namespace Aim.Rules;

/// <summary>Makes the typed view that rules judge from the rows of an edition.</summary>
internal static class StudentViews
{
    private static readonly Func<EditionRow, RowPlace, bool, bool, ViewEntry>[] ByType = Makers();

    /// <param name="place">Where to point a finding about the row.</param>
    /// <param name="isUnchanged">The file has the row as it is stored already.</param>
    public static ViewEntry Entry(EditionRow row, in RowPlace place, bool isNew, bool isUnchanged = false) => ByType[row.Type.Number](row, place, isNew, isUnchanged);

    private static Func<EditionRow, RowPlace, bool, bool, ViewEntry>[] Makers()
    {
        var makers = new Func<EditionRow, RowPlace, bool, bool, ViewEntry>[RecordTypes.HighestNumber + 1];
        foreach (var type in RecordTypes.All) makers[type.Number] = type.Accept(new Maker());
        return makers;
    }

    private sealed class Maker : IRecordTypeVisitor<Func<EditionRow, RowPlace, bool, bool, ViewEntry>>
    {
        public Func<EditionRow, RowPlace, bool, bool, ViewEntry> Visit<T>(RecordType<T> type) where T : IRecord<T> =>
            (row, place, isNew, isUnchanged) => new Entry<T>(type.Read(row.Content.Span), place, isNew, row.StatedLastName, row.StatedFirstName) { IsUnchanged = isUnchanged, StatedId = row.StatedId };
    }

    /// <summary>The view of a stored student, none of whose rows is new.</summary>
    public static StudentView Of(EditionStudent student)
    {
        var view = new StudentView();
        foreach (var row in student.Rows) view.Add(Entry(row, new RowPlace(row.Type, row.Line, student.LocalId, row.Upload), isNew: false));
        view.Sort();
        return view;
    }
}
