using Aim.Editions;
using Aim.Records;

namespace Aim.Rules;

/// <summary>Makes the typed view that rules judge from the rows of an edition.</summary>
internal static class StudentViews
{
    /// <param name="place">Where to point a finding about the row.</param>
    public static ViewEntry Entry(EditionRow row, in RowPlace place, bool isNew)
    {
        var content = row.Content.Span;
        return row.Type.Code switch
        {
            "SD" => Of(RecordTypes.Student, content, place),
            "EN" => Of(RecordTypes.Enrollment, content, place),
            "PP" => Of(RecordTypes.ProgramParticipation, content, place),
            "LP" => Of(RecordTypes.EnglishLearner, content, place),
            "SE" => Of(RecordTypes.SpecialEducation, content, place),
            var code => throw new InvalidOperationException($"Records of type {code} have no place in a student's view."),
        };

        Entry<T> Of<T>(RecordType<T> type, ReadOnlySpan<byte> bytes, in RowPlace at) where T : IRecord<T> =>
            new(type.Read(bytes), at, isNew, row.StatedLastName, row.StatedFirstName);
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
