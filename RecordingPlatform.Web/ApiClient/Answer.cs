using System.Diagnostics.CodeAnalysis;

namespace RecordingPlatform.Web.ApiClient;

/// <summary>What the API answered: the value, or the problem it named. Exactly one of the two is there.</summary>
internal readonly struct Answer<T> where T : class
{
    Answer(T? value, ApiProblem? problem) => (Value, Problem) = (value, problem);

    public T? Value { get; }
    public ApiProblem? Problem { get; }

    [MemberNotNullWhen(true, nameof(Value)), MemberNotNullWhen(false, nameof(Problem))]
    public bool Succeeded => Problem is null;

    public static implicit operator Answer<T>(T value) => new(value, null);
    public static implicit operator Answer<T>(ApiProblem problem) => new(null, problem);
}

/// <summary>The answer to a call that returns nothing but its success.</summary>
internal sealed class Done
{
    public static readonly Done Instance = new();
}
