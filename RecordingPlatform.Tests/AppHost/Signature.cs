using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>A public member as one comparable line: types without namespaces and modifiers, parameters with their names.</summary>
internal sealed partial record Signature(string Text, string WithoutDefaults)
{
    static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(string)] = "string", [typeof(int)] = "int", [typeof(bool)] = "bool", [typeof(void)] = "void", [typeof(object)] = "object",
    };

    /// <summary>From a line of the list of Aspire's API.</summary>
    public static Signature Parse(string line)
    {
        var text = Modifiers().Replace(line, "");
        text = Namespaces().Replace(text, "");
        text = Body().Replace(text, "");
        return From(text);
    }

    public static Signature Of(MemberInfo member) => member switch
    {
        PropertyInfo property => From($"{Name(property.PropertyType, new NullabilityInfoContext().Create(property))} {property.Name}"),
        ConstructorInfo constructor => From($"{constructor.DeclaringType!.Name}({Parameters(constructor)})"),
        MethodInfo method => From($"{Name(method.ReturnType, new NullabilityInfoContext().Create(method.ReturnParameter))} {method.Name}"
            + (method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "")
            + $"({(method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "")}{Parameters(method)}){string.Concat(method.GetGenericArguments().Select(Constraint))}"),
        _ => throw new ArgumentException($"{member} has no signature.", nameof(member)),
    };

    static Signature From(string text)
    {
        text = Spaces().Replace(text, " ").Trim();
        return new(text, Defaults().Replace(text, ""));
    }

    static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        (p.IsDefined(typeof(ParamArrayAttribute)) ? "params " : p.ParameterType.IsByRef ? "in " : "")
        + Name(p.ParameterType.IsByRef ? p.ParameterType.GetElementType()! : p.ParameterType, new NullabilityInfoContext().Create(p))
        + $" {p.Name}"
        + (!p.HasDefaultValue ? "" : p.DefaultValue switch
        {
            null => p.ParameterType.IsValueType && Nullable.GetUnderlyingType(p.ParameterType) is null ? " = default" : " = null",
            bool value => value ? " = true" : " = false",
            var value => string.Create(CultureInfo.InvariantCulture, $" = {value}"),
        })));

    static string Name(Type type, NullabilityInfo nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return $"{Name(value, nullability)}?";
        }

        var mark = !type.IsValueType && !type.IsGenericParameter && nullability.ReadState == NullabilityState.Nullable ? "?" : "";
        return mark.Length == 0 ? Plain(type, nullability) : Plain(type, nullability) + mark;
    }

    static string Plain(Type type, NullabilityInfo nullability)
    {
        if (Keywords.TryGetValue(type, out var keyword))
        {
            return keyword;
        }

        if (type.IsArray)
        {
            return $"{Name(type.GetElementType()!, nullability.ElementType!)}[]";
        }

        if (!type.IsGenericType)
        {
            return type.Name;
        }

        var arguments = type.GetGenericArguments().Select((a, i) => Name(a, nullability.GenericTypeArguments[i]));
        return $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", arguments)}>";
    }

    static string Constraint(Type parameter)
    {
        var parts = parameter.GetGenericParameterConstraints().Select(c => c.Name).ToList();
        if (parameter.GenericParameterAttributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint))
        {
            parts.Add("new()");
        }

        return parts.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", parts)}";
    }

    [GeneratedRegex(@"\b(public|static|virtual|override|abstract|sealed|readonly)\s+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Modifiers();

    [GeneratedRegex(@"(global::)?\b([A-Z]\w*\.)+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Namespaces();

    [GeneratedRegex(@"(\s*\{.*|;)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Body();

    [GeneratedRegex(@" = [^,)]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Defaults();

    [GeneratedRegex(@"\s+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Spaces();
}
