using System.Runtime.CompilerServices;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Text whose parts become known later: ports, passwords, addresses.</summary>
public sealed class ReferenceExpression : IValueProvider, IManifestExpressionProvider
{
    readonly IReadOnlyList<Func<CancellationToken, ValueTask<string?>>> _parts;

    internal ReferenceExpression(IReadOnlyList<Func<CancellationToken, ValueTask<string?>>> parts) => _parts = parts;

    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
    {
        var values = new string?[_parts.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = await _parts[i](cancellationToken);
        }

        return string.Concat(values);
    }

    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) =>
            Parts = new(literalLength == 0 ? formattedCount : (2 * formattedCount) + 1);

        internal List<Func<CancellationToken, ValueTask<string?>>> Parts { get; }

        public void AppendLiteral(string value) => Parts.Add(_ => ValueTask.FromResult<string?>(value));

        public void AppendFormatted<T>(T valueProvider)
            where T : IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider.GetValueAsync);

        public void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider => Parts.Add(valueProvider.Resource.GetValueAsync);
    }
}
