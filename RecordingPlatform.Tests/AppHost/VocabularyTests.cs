using System.Reflection;
using System.Reflection.Emit;
using Aspire.Hosting;

namespace RecordingPlatform.Tests.AppHost;

/// <summary>AppHost.cs must compile and mean the same under Aspire itself, which is not there to compile it with.</summary>
public sealed class VocabularyTests
{
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    static readonly Assembly AppHost = typeof(DistributedApplication).Assembly;

    static readonly ILookup<string, Signature> Aspire = Lines().ToLookup(s => s.WithoutDefaults);

    [Fact]
    public void Every_public_member_of_the_local_engine_is_one_of_Aspire()
    {
        List<string> strangers = [];
        var members = Vocabulary().SelectMany(t => t.GetMembers(BindingFlags.Public | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(m => m is PropertyInfo or ConstructorInfo or MethodInfo { IsSpecialName: false })).ToList();

        foreach (var member in members)
        {
            var ours = Signature.Of(member);
            if (!Aspire[ours.WithoutDefaults].Any(theirs => DefaultsAgree(ours, theirs)))
            {
                strangers.Add($"{member.DeclaringType!.Name}: {ours.Text}");
            }
        }

        Assert.True(members.Count > 30, $"only {members.Count} members were looked at");
        Assert.True(strangers.Count == 0, "not in Aspire's API:\n" + string.Join('\n', strangers));
    }

    [Fact]
    public void Every_public_type_that_can_be_named_is_one_of_Aspire()
    {
        var words = Aspire.SelectMany(g => g).SelectMany(s => s.Text.Split([' ', '<', '>', '(', ')', ',', '?', '[', ']'])).ToHashSet();
        var strangers = AppHost.GetExportedTypes()
            .Where(t => t is not { IsAbstract: true, IsSealed: true } && !IsPicture(t)) // extension methods need no class to be called
            .Where(t => t.Namespace?.StartsWith("Aspire.Hosting", StringComparison.Ordinal) != true || !words.Contains(t.Name.Split('`')[0])).ToList();

        Assert.True(strangers.Count == 0, string.Join('\n', strangers));
    }

    [Fact]
    public void The_picture_calls_nothing_of_the_engine_but_the_vocabulary()
    {
        var called = AppHost.EntryPoint!.DeclaringType!.GetMembers(Declared).Concat(
                AppHost.EntryPoint.DeclaringType.GetNestedTypes(Declared).SelectMany(t => t.GetMembers(Declared)))
            .OfType<MethodBase>().SelectMany(Calls).Distinct().ToList();
        var strangers = called.Where(m => m.DeclaringType!.Assembly == AppHost && !IsPicture(m.DeclaringType)
            && !(m.IsPublic && m.DeclaringType.IsVisible && Vocabulary().Contains(m.DeclaringType.IsGenericType ? m.DeclaringType.GetGenericTypeDefinition() : m.DeclaringType))).ToList();

        Assert.Contains(called, m => m.Name == nameof(ResourceBuilderExtensions.WaitForCompletion));
        Assert.True(strangers.Count == 0, string.Join('\n', strangers.Select(m => $"{m.DeclaringType}.{m.Name}")));
    }

    [Fact]
    public void The_picture_has_one_version()
    {
        using var stream = File.OpenText(Path.GetFullPath("../../../../RecordingPlatform.AppHost/AppHost.cs", AppContext.BaseDirectory));
        var picture = stream.ReadToEnd();

        Assert.DoesNotContain("#if", picture, StringComparison.Ordinal);
    }

    static bool IsPicture(Type type) => type == AppHost.EntryPoint!.DeclaringType || type.Namespace == "Projects" || (type.DeclaringType is { } outer && IsPicture(outer));

    // A default that we leave out only makes the picture say more; one that Aspire lacks, or has otherwise, changes what it means.
    static bool DefaultsAgree(Signature ours, Signature theirs)
    {
        var expected = theirs.Text.Split(", ");
        return ours.Text.Split(", ").Select((part, i) => (part, theirs: expected[i])).All(x =>
            !x.part.Contains(" = ", StringComparison.Ordinal) || x.theirs.TrimEnd(')') == x.part.TrimEnd(')') || x.theirs == x.part);
    }

    static IEnumerable<Type> Vocabulary() => AppHost.GetExportedTypes().Where(t => t.Namespace?.StartsWith("Aspire.Hosting", StringComparison.Ordinal) == true);

    static IEnumerable<Signature> Lines()
    {
        using var stream = typeof(VocabularyTests).Assembly.GetManifestResourceStream("AppHost/aspire-api.txt")!;
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith('#')).Select(l => Signature.Parse(l[(l.IndexOf('|', StringComparison.Ordinal) + 1)..]))];
    }

    static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il)
        {
            yield break;
        }

        for (var at = 0; at < il.Length;)
        {
            var code = il[at] == 0xFE ? TwoByte[il[at + 1]] : OneByte[il[at]];
            at += code.Size;
            if (code.OperandType == OperandType.InlineMethod)
            {
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(il, at),
                    method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null,
                    method.IsGenericMethod ? method.GetGenericArguments() : null)!;
            }

            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    static readonly OpCode[] OneByte = Codes(size: 1), TwoByte = Codes(size: 2);

    static OpCode[] Codes(int size)
    {
        var codes = new OpCode[256];
        foreach (var code in typeof(OpCodes).GetFields().Select(f => (OpCode)f.GetValue(null)!).Where(c => c.Size == size))
        {
            codes[code.Value & 0xFF] = code;
        }

        return codes;
    }
}
