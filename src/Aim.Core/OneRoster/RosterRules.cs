using Aim.Records;
using Aim.Rules;

namespace Aim.OneRoster;

/// <summary>Rules that reading a OneRoster archive raises itself; what the rows say is judged by the rules of their record types.</summary>
public static class RosterRules
{
    private static readonly RecordType[] Types = [RecordTypes.Student, RecordTypes.Course, RecordTypes.StaffMember, RecordTypes.CourseSection, RecordTypes.RosterEntry];

    public static readonly Rule Unknown = new("ROS-001", Severity.Fatal, RuleScope.File, "sourcedId", "Row of a roster refers to something that isn't there",
        "In {File}, {Field} is '{Value}', which is not in {Expected}.", "Export the roster again with the rows it refers to; schools are known by their four-digit number in 'identifier', or by their name.")
        { Basis = "OneRoster 1.2 CSV binding", Records = Types };

    public static readonly Rule NothingToRemove = new("ROS-002", Severity.Warning, RuleScope.File, "sourcedId", "Removal of a row that was never sent",
        "In {File}, the archive removes the enrollment '{Value}', which no roster of this year has had.", "Nothing to correct if it is gone; otherwise send a bulk roster.")
        { Basis = "OneRoster 1.2 CSV binding", Records = Types };

    public static readonly Rule BadValue = new("ROS-003", Severity.Fatal, RuleScope.File, "Field", "Date or word of a roster that can't be read",
        "In {File}, {Field} is '{Value}', which is not {Expected}; the row was left out.", "Correct it where the roster is exported from: dates are YYYY-MM-DD, and words are those of OneRoster 1.2.")
        { Basis = "OneRoster 1.2 CSV binding", Records = Types };

    public static IEnumerable<Rule> All => [Unknown, NothingToRemove, BadValue];
}
