using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace RecordingPlatform.Core.Data;

/// <summary>Names and enumeration words as they stand in the database and on the wire.</summary>
public static class SnakeCase
{
    public static string Of(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    /// <summary>The word of an enumeration value: <c>TwilioVoice</c> is <c>twilio_voice</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => Words<T>.ByValue[value];

    /// <summary>The value of a word, or null when the enumeration has no such word.</summary>
    public static T? Parse<T>(string word) where T : struct, Enum =>
        Words<T>.ByWord.TryGetValue(word, out var value) ? value : null;

    internal static ValueConverter ConverterOf(Type enumeration) =>
        (ValueConverter)Activator.CreateInstance(typeof(WordConverter<>).MakeGenericType(enumeration))!;

    static class Words<T> where T : struct, Enum
    {
        public static readonly Dictionary<T, string> ByValue = Enum.GetValues<T>().ToDictionary(v => v, v => Of(v.ToString()));
        public static readonly Dictionary<string, T> ByWord = ByValue.ToDictionary(p => p.Value, p => p.Key, StringComparer.Ordinal);
    }

    sealed class WordConverter<T>() : ValueConverter<T, string>(value => Words<T>.ByValue[value], word => Words<T>.ByWord[word])
        where T : struct, Enum;
}
