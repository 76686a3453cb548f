// Signatures as in the packages named in functions/Aim.Functions/Aim.Functions.csproj; only members in use.
#pragma warning disable CA1018, CA1813, IDE0060, CS9113

namespace Microsoft.Azure.Functions.Worker;

[AttributeUsage(AttributeTargets.Method)]
public sealed class FunctionAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

[AttributeUsage(AttributeTargets.Parameter)]
public sealed class TimerTriggerAttribute(string schedule) : Attribute
{
    public string Schedule { get; } = schedule;
}

public class TimerInfo
{
    public bool IsPastDue { get; set; }
}
