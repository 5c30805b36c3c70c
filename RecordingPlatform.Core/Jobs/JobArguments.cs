using System.Text.Json;
using System.Text.Json.Serialization;

namespace RecordingPlatform.Core.Jobs;

/// <summary>
/// What a job works on: a record of ids and small facts, stored as JSON with snake_case names. Rows outlive deployments,
/// so a member that is added later has a default.
/// </summary>
public interface IJobArguments
{
    /// <summary>Names the handler, such as <c>recordings.process</c>; never renamed while a row carries it.</summary>
    static abstract string Kind { get; }
}

/// <summary>Arguments as they stand in <c>jobs.arguments</c>.</summary>
public static class JobArguments
{
    static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write<T>(T arguments) where T : IJobArguments => JsonSerializer.Serialize(arguments, Options);

    /// <exception cref="JsonException">The row does not hold a <typeparamref name="T"/>.</exception>
    public static T Read<T>(string json) where T : IJobArguments =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"The arguments of a {T.Kind} job are null.");
}
